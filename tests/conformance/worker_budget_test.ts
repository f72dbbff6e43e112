/** What an invocation of the Worker build may do: calls, connections and time, in a real workerd. */
import assert from "node:assert/strict";
import { JSON_TYPE, messageTo, ROLE, SEND, TEMPLATES } from "../routes/registry/support.ts";
import { INBOX } from "../routes/registry/inbox/support.ts";
import { PLAN_LIMITS } from "../../adapters/invocation/plans.ts";
import { registryKeys } from "../support/application.ts";
import { DAY_MS, MINUTE_MS } from "../../domain/time/durations.ts";
import { waitFor } from "../support/process.ts";
import { issueToken, PROPER_CLAIMS, toJwks, TOKEN_RULES } from "../support/tokens.ts";
import { WORKER_TEST } from "../support/workerd.ts";
import { BINDINGS, startHarkWorker } from "./hark_worker.ts";
import { type LimitedWorker, PLATFORM_CONNECTIONS, startLimitedWorker } from "./limited_worker.ts";
import { acceptDue, answerAsPostmark, newSender, POSTMARK, uploadList } from "./limited_sends.ts";
import { callAs, newService, newTemplate } from "./services.ts";

/** More files than the calls that an invocation of the free plan may make. */
const EXPIRED_FILES = 60;
/** Longer than any file is kept. */
const FILES_KEPT_MS = 600 * DAY_MS;
/** Max calls of the database that a Worker without work makes in an hour, by its crons. */
const CALLS_AN_IDLE_HOUR = 700;

/** Waits until a call of the Worker takes one round trip: the tails of calls before it may be at work still. */
async function takesOneTrip(
  limited: LimitedWorker,
  what: string,
  call: () => Promise<unknown>,
): Promise<void> {
  await waitFor(`${what} to take one round trip`, async () => {
    limited.resetCounts();
    await call();
    return limited.counts().database === 1;
  });
}

Deno.test(
  "the Worker: an invocation makes few calls, six at a time, and sends many messages with them",
  WORKER_TEST,
  async (t) => {
    const keys = await registryKeys();
    const { sent, answer, holdUntil } = answerAsPostmark();
    await using limited = await startLimitedWorker(
      { ...POSTMARK, ACCESS_TOKEN_JWKS: toJwks(keys), ...TOKEN_RULES },
      answer,
    );
    const { worker, db } = limited;
    const callAsCitizen = async (subject: string, method: string, path: string, body?: unknown) => {
      const claims = { ...PROPER_CLAIMS, sub: subject, roles: [ROLE] };
      const token = await issueToken(keys, claims, { now: Date.now(), lifeS: 600 });
      return await worker.fetch(path, {
        method,
        headers: { "x-access-token": token, ...JSON_TYPE },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    };

    const sender = await newSender(limited);

    await t.step(
      "one cron sends 2,000 due e-mails with at most 60 calls of the database",
      async () => {
        await acceptDue(limited, sender, 2_000);
        limited.resetCounts();
        assert.equal((await worker.scheduled()).outcome, "ok");
        const { database, mostOpen } = limited.counts();
        assert.equal(sent.size, 2_000);
        assert.ok([...sent.values()].every((count) => count === 1), "nothing is sent twice");
        assert.ok(database <= 60, `${database} calls of the database`);
        assert.ok(mostOpen <= PLATFORM_CONNECTIONS, `${mostOpen} open calls`);
      },
    );

    await t.step(
      "a message to 1,000 inboxes is in all of them after its request's tail",
      async () => {
        const published = await callAsCitizen("publisher", "PUT", `${TEMPLATES}inbox:news`, {
          title: "News",
          content: "News for ${name}",
        });
        assert.equal(published.status, 201, await published.text());
        const people = Array.from({ length: 1_000 }, (_, index) => `person-${index}`);
        limited.resetCounts();
        const message = messageTo(people, "news");
        assert.equal((await callAsCitizen("publisher", "POST", SEND, message)).status, 202);
        await waitFor("all inboxes to have it", async () => {
          const [result] = await db.read(["SELECT count(*) AS count FROM inbox_messages"]);
          return result?.rows[0]?.["count"] === 1_000;
        }, { everyMs: 100 });
        const { database, mostOpen } = limited.counts();
        assert.ok(database <= 60, `${database} calls of the database`);
        assert.ok(mostOpen <= PLATFORM_CONNECTIONS, `${mostOpen} open calls`);
        const page = () => callAsCitizen("person-7", "GET", INBOX);
        const [listed] = await (await page()).json();
        assert.equal(listed.subject ?? listed.title, "News");
        await takesOneTrip(limited, "a page of an inbox", page);
      },
    );

    await t.step("a list begins in the tail of its upload, without a cron", async () => {
      const rows = Array.from({ length: 600 }, (_, index) => `bob@n${index}.example.com,Bob`);
      const before = sent.size;
      await uploadList(limited, sender, rows);
      await waitFor("all rows to be sent", () => sent.size === before + rows.length);
    });

    await t.step("an accept costs one round trip", async () => {
      const send = async () => {
        const { status } = await callAs(
          limited.reach,
          sender.key,
          "POST",
          "/v2/notifications/email",
          {
            template_id: sender.template_id,
            email_address: "ann@example.com",
            personalisation: { name: "Ann" },
          },
        );
        assert.equal(status, 201);
      };
      const released = Promise.withResolvers<void>();
      // What comes after the answer of the provider does not count.
      holdUntil(released.promise);
      await send();
      await takesOneTrip(limited, "an accept", send);
      released.resolve();
    });
  },
);

Deno.test(
  "the Worker: on the free plan no cron makes more than 50 calls, and what it leaves the next ones send",
  WORKER_TEST,
  async () => {
    const { sent, answer } = answerAsPostmark();
    await using limited = await startLimitedWorker({ ...POSTMARK, WORKERS_PLAN: "free" }, answer);
    await acceptDue(limited, await newSender(limited), 12);
    await waitFor("all to be sent", async () => {
      limited.resetCounts();
      assert.equal((await limited.worker.scheduled()).outcome, "ok");
      const { database, others } = limited.counts();
      assert.ok(database + others <= PLAN_LIMITS.free.calls, `${database} and ${others} calls`);
      return sent.size === 12;
    });
    assert.ok([...sent.values()].every((count) => count === 1), "nothing is sent twice");
  },
);

Deno.test(
  "the Worker: the crons of an hour without work make few calls, and do the upkeep six times",
  WORKER_TEST,
  async () => {
    let now = Date.now();
    await using hark = await startHarkWorker(BINDINGS, [], {}, {
      logStatements: true,
      clock: () => now,
    });
    const { worker, hrana } = hark;
    const countDeletions = () =>
      hrana.statements.filter((sql) => sql.startsWith("DELETE FROM sessions")).length;
    hrana.resetCount();
    for (let minute = 0; minute < 60; minute++) {
      assert.equal((await worker.scheduled()).outcome, "ok");
      now += MINUTE_MS;
    }
    assert.equal(countDeletions(), 6);
    assert.ok(
      hrana.roundTrips <= CALLS_AN_IDLE_HOUR,
      `${hrana.roundTrips} calls of the database`,
    );
  },
);

Deno.test(
  "the Worker: on the free plan crons delete many files that have expired, with few calls",
  WORKER_TEST,
  async () => {
    let now = Date.now();
    await using hark = await startHarkWorker(
      { ...BINDINGS, WORKERS_PLAN: "free" },
      ["FILES"],
      {},
      { clock: () => now },
    );
    const { worker, reach, db } = hark;
    const { id, keys } = await newService(reach);
    const template = { channel: "email", name: "File", subject: "A file", body: "((doc))" };
    const template_id = await newTemplate(reach, id, template);
    for (let at = 0; at < EXPIRED_FILES; at++) {
      const { status } = await callAs(reach, keys.live, "POST", "/v2/notifications/email", {
        template_id,
        email_address: "ann@example.com",
        personalisation: { doc: { file: btoa("a,b"), filename: "rows.csv" } },
      });
      assert.equal(status, 201);
    }
    const countFiles = async () => {
      const [result] = await db.read([
        "SELECT count(*) AS count FROM documents WHERE gone_at IS NULL",
      ]);
      return result?.rows[0]?.["count"];
    };
    assert.equal(await countFiles(), EXPIRED_FILES);
    now += FILES_KEPT_MS;
    // Each cron goes on with what the one before has left.
    for (let crons = 0; await countFiles() !== 0; crons++) {
      assert.ok(crons < 5, `${await countFiles()} files are left`);
      now += MINUTE_MS;
      assert.equal((await worker.scheduled()).outcome, "ok");
    }
  },
);
