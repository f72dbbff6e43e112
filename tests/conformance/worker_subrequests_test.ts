/** The Worker build on a platform that lets an invocation make fewer calls than `WORKERS_PLAN` says, in workerd. */
import assert from "node:assert/strict";
import { MINUTE_MS } from "../../domain/time/durations.ts";
import { createMovedClock } from "../chaos/moved_clock.ts";
import { issueRequestToken, registryKeys } from "../support/application.ts";
import { SANDBOX_ENVIRONMENT, waitFor } from "../support/process.ts";
import { issueToken, PROPER_CLAIMS, toJwks, TOKEN_RULES } from "../support/tokens.ts";
import { bundleWorker, startWorker, WORKER_TEST } from "../support/workerd.ts";
import { DATABASE, startHarkWorker } from "./hark_worker.ts";
import { startProviders } from "./providers.ts";
import { callAs, manage, newService, newTemplate } from "./services.ts";

/** The calls of an invocation on the free plan, while `WORKERS_PLAN` is not set. */
const TEST_CALLS = 50;
/** Each is a call of its own, with calls of the database around it. */
const TEXTS = 28;
/** As many as send all texts. */
const MAX_CRONS = 15;
/** The crons after one that the platform has refused calls. */
const CRONS_LATER = 4;

let bundled: ReturnType<typeof bundleWorker> | undefined;
const bundleOnce = () => bundled ??= bundleWorker(new URL("./refusing_worker.ts", import.meta.url));

/** The variables and bindings of a Worker whose database is in a Durable Object. */
const IN_OBJECT = {
  DATABASE_URL: "durable-object:",
  TEST_CALLS: String(TEST_CALLS),
} as const;

Deno.test(
  "the Worker: a call of a binding that the platform refuses counts as not made, and the log names the limit",
  WORKER_TEST,
  async (t) => {
    const keys = await registryKeys();
    const lines: string[] = [];
    await using worker = await startWorker({
      script: await bundleOnce(),
      bindings: {
        ...SANDBOX_ENVIRONMENT,
        ...IN_OBJECT,
        ACCESS_TOKEN_JWKS: toJwks(keys),
        ...TOKEN_RULES,
      },
      buckets: ["FILES"],
      queue: { maxBatchSize: 100, maxBatchTimeout: 0.05, maxRetries: 2 },
      sqliteObjects: { DATABASE: "DatabaseObject", INBOXES: "InboxListeners" },
      onLine: (line) => void lines.push(line),
    });
    const reach = worker.fetch;
    const { id, keys: { live } } = await newService(reach);
    const email = { channel: "email", name: "E", subject: "E", body: "((doc))" };
    const template_id = await newTemplate(reach, id, email);
    const refusing = (binding: string) => ({ "x-test-refuse": binding });
    /** Waits for the lines of the log, which must name the limit. */
    const logged = async (...all: readonly RegExp[]) => {
      for (const line of [/"subrequests-refused"/, ...all]) {
        await waitFor(String(line), () => lines.some((text) => line.test(text)));
      }
      assert.ok(!lines.some((line) => /OBJECT_LOST|"Error"/.test(line)), lines.join("\n"));
      lines.length = 0;
    };

    await t.step("of the bucket: 503, and the file is taken later", async () => {
      const message = {
        template_id,
        email_address: "ann@example.com",
        personalisation: { doc: { file: btoa("a,b"), filename: "rows.csv" } },
      };
      const send = (headers = {}) =>
        callAs(reach, live, "POST", "/v2/notifications/email", message, headers);
      const refused = await send(refusing("FILES"));
      assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "5"]);
      await logged(/"store-unavailable".*"CALLS_USED_UP"/);
      assert.equal((await send()).status, 201);
    });

    await t.step("of the database's object: 503", async () => {
      const list = (headers = {}) =>
        callAs(reach, live, "GET", "/v2/notifications", undefined, headers);
      const refused = await list(refusing("DATABASE"));
      assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "5"]);
      await logged(/"store-unavailable".*"CALLS_USED_UP"/);
      assert.equal((await list()).status, 200);
    });

    await t.step("of the queue: all are accepted, and the next cron sends them", async () => {
      const notifications = Array.from({ length: 60 }, (_, n) => ({
        type: "email",
        template_id,
        email_address: `ann@n${n}.example.com`,
        personalisation: { doc: "a" },
      }));
      const path = "/v2/notifications/batch";
      const { status, body } = await callAs(
        reach,
        live,
        "POST",
        path,
        { notifications },
        refusing("QUEUE"),
      );
      assert.equal(status, 200);
      assert.ok(body.notifications.every((answer: { readonly id?: string }) => answer.id));
      await logged(/"queue-put-failed".*"CallsUsedUp"/);
    });

    await t.step("of the inboxes' objects: the message is in its inbox", async () => {
      const as = async (claims: object, headers = {}) => {
        const token = await issueToken(keys, { ...PROPER_CLAIMS, ...claims }, { now: Date.now() });
        return { ...headers, "X-Access-Token": token };
      };
      const admin = { sub: "admin", roles: ["template-admin"] };
      const published = await reach("/api/notifications/templates/inbox:news", {
        method: "PUT",
        headers: await as(admin),
        body: JSON.stringify({ title: "News", content: "<p>News</p>" }),
      });
      assert.equal(published.status, 201);
      const sent = await reach("/api/notifications", {
        method: "POST",
        headers: await as(admin, refusing("INBOXES")),
        body: JSON.stringify({
          notification: { templateName: "news" },
          recipients: [{ id: "ann", parameters: {} }],
        }),
      });
      assert.equal(sent.status, 202);
      await logged(/"inbox-notify-failed".*"CallsUsedUp"/);
      const inbox = await reach("/api/notifications/inbox", { headers: await as({ sub: "ann" }) });
      assert.equal((await inbox.json()).length, 1);
    });
  },
);

// It waits for ten seconds, in which settlements are tried again: HARK_LONG=1 runs it.
const testLong = Deno.env.has("HARK_LONG") ? Deno.test : () => {};

testLong(
  "the Worker: a platform that refuses calls in the middle of a batch loses and doubles nothing, and is asked for fewer",
  WORKER_TEST,
  async () => {
    const clock = createMovedClock();
    await using providers = await startProviders(clock.now);
    const { environment, twilio } = providers;
    const lines: string[] = [];
    await using started = await startHarkWorker(
      { ...environment, ...DATABASE, TEST_CALLS: String(TEST_CALLS) },
      [],
      {},
      {
        clock: clock.now,
        script: bundleOnce(),
        onLine: (line) => void lines.push(line),
      },
    );
    const { reach, worker, db } = started;
    const { id, keys } = await newService(reach);
    const template_id = await newTemplate(reach, id, { channel: "sms", name: "T", body: "Hi" });
    const Authorization = `Bearer ${await issueRequestToken(
      keys.live,
      Math.floor(clock.now() / 1000),
    )}`;
    const notifications = Array.from({ length: TEXTS }, (_, n) => ({
      type: "sms",
      template_id,
      phone_number: `07900900${100 + n}`,
      scheduled_for: new Date(clock.now() + MINUTE_MS).toISOString(),
    }));
    const path = "/v2/notifications/batch";
    const sent = await callAs(reach, keys.live, "POST", path, { notifications }, { Authorization });
    assert.equal(sent.status, 200);
    const refused = async () => await (await worker.fetch("/test/refused")).json();
    const unsent = async () => {
      const [row] = await db.read([
        "SELECT count(*) AS n FROM notifications WHERE status = 'created'",
      ]);
      return Number(row?.rows[0]?.["n"]);
    };
    let refusedAtFirst: number | undefined;
    for (let crons = 0; await unsent() > 0; crons++) {
      assert.ok(crons < MAX_CRONS, `${await unsent()} are not sent`);
      clock.set(clock.now() + 2 * MINUTE_MS);
      assert.equal((await worker.scheduled()).outcome, "ok");
      refusedAtFirst ??= await refused();
    }
    assert.equal(twilio.accepted.length, TEXTS);
    assert.ok(Number(refusedAtFirst) > 0);
    assert.equal(await refused(), refusedAtFirst, "later invocations make fewer calls");
    assert.ok(lines.some((line) => line.includes('"subrequests-refused"')), lines.join("\n"));
    assert.ok(!lines.some((line) => line.includes('"provider-breaker-opened"')));
  },
);

testLong(
  "the Worker with its database in an object: refused calls double nothing, and later invocations make fewer",
  WORKER_TEST,
  async () => {
    await using providers = await startProviders(Date.now);
    const { environment, twilio } = providers;
    const lines: string[] = [];
    await using worker = await startWorker({
      script: await bundleOnce(),
      bindings: { ...environment, ...IN_OBJECT },
      sqliteObjects: { DATABASE: "DatabaseObject" },
      outbound: (request) => fetch(request),
      onLine: (line) => void lines.push(line),
    });
    const reach = worker.fetch;
    const { id, keys: { live } } = await newService(reach);
    const template_id = await newTemplate(reach, id, { channel: "sms", name: "T", body: "Hi" });
    const setPaused = async (paused: boolean) => {
      const { status } = await manage(reach, "PUT", "/manage/providers/twilio", { paused });
      assert.equal(status, 200);
    };
    await setPaused(true);
    const notifications = Array.from({ length: TEXTS }, (_, n) => ({
      type: "sms",
      template_id,
      phone_number: `07900900${100 + n}`,
    }));
    const path = "/v2/notifications/batch";
    assert.equal((await callAs(reach, live, "POST", path, { notifications })).status, 200);
    await setPaused(false);
    const refused = async () => Number(await (await reach("/test/refused")).json());
    const cron = async () => assert.equal((await worker.scheduled()).outcome, "ok");
    for (let crons = 0; await refused() === 0; crons++) {
      assert.ok(crons < MAX_CRONS, "no call is refused");
      await cron();
    }
    const refusedAtFirst = await refused();
    assert.ok(lines.some((line) => line.includes('"subrequests-refused"')), lines.join("\n"));
    for (let crons = 0; crons < CRONS_LATER; crons++) {
      // The object's clock cannot be moved: what waits for another attempt is made due.
      const sql = "UPDATE outbox SET due_at = 1 WHERE due_at > 1";
      const headers = { "x-test-sql": sql };
      assert.equal((await (await reach("/", { headers })).json()).kind, "done");
      await cron();
    }
    assert.equal(await refused(), refusedAtFirst, "later invocations make fewer calls");
    const numbers = twilio.accepted.map(({ to }) => to);
    assert.equal(new Set(numbers).size, numbers.length, "nothing is sent twice");
    const { body } = await callAs(reach, live, "GET", "/v2/notifications");
    const statuses: readonly string[] = body.notifications.map(
      ({ status }: { readonly status: string }) => status,
    );
    assert.equal(statuses.length, TEXTS);
    assert.ok(statuses.every((status) => ["created", "sending"].includes(status)), statuses.join());
    assert.ok(!lines.some((line) => /OBJECT_LOST|"provider-breaker-opened"/.test(line)));
  },
);
