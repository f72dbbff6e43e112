/**
 * What 201 promises, against SIGKILL: everything accepted is sent and followed to its end, and what may have gone
 * out twice says so. `KILL_SEED=n` repeats a run's choices; the operating system's own it cannot repeat.
 */

import assert from "node:assert/strict";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import {
  makeFolder,
  migrateFolder,
  pause,
  serve,
  type ServingProcess,
  waitFor,
} from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import { slow } from "../support/stand_ins/scripted_server.ts";
import { type Providers, startProviders } from "./providers.ts";
import {
  type Answered,
  callAs,
  newService,
  newTemplate,
  type Reach,
  timelineOf,
} from "./services.ts";

const SENDS = 1_000;
const KILLS = 20;
const SENDERS = 8;
/** How long a provider takes, so that many a call is under way when the process dies. */
const PROVIDER_MS = 30;
/** The most that a kill waits after its turn has come, so that it falls anywhere. */
const JITTER_MS = 40;
/**
 * How many messages their provider reports on late, when Hark has handed over everything. A receipt that comes at
 * once ends a notification whose process was killed, so without these none would ever be sent again.
 */
const LATE_REPORTS = 0.4;
/** Leases of the last process killed run out after 30 s; a machine may be busy. */
const PATIENCE_MS = 120_000;

/** A message that a provider took: what it said, and for which notification. */
interface Taken {
  readonly messageId: string;
  readonly notificationId: string;
  /** Which send it is of; every send's text has its number. */
  readonly send: number;
}

function takenBy({ postmark, twilio }: Providers): readonly Taken[] {
  const numberOf = (text = "") => Number(/number (\d+)\./.exec(text)?.[1]);
  return [
    ...postmark.accepted.map(({ MessageID, Metadata, TextBody }) => ({
      messageId: MessageID,
      notificationId: Metadata?.["notification_id"] ?? "",
      send: numberOf(TextBody),
    })),
    ...twilio.accepted.map(({ sid, statusCallback, body }) => ({
      messageId: sid,
      notificationId: new URL(statusCallback ?? "").searchParams.get("notification_id") ?? "",
      send: numberOf(body),
    })),
  ];
}

/**
 * Reports `delivered` for all that the stand-ins take, again and again until it is taken, as the providers do.
 *
 * @param isLate whether to wait with a message until `awaitReceipt` resolves
 */
async function reportAll(
  providers: Providers,
  { isLate, awaitReceipt, signal }: {
    readonly isLate: () => boolean;
    readonly awaitReceipt: Promise<void>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { postmark, twilio } = providers;
  const under = new Set<Promise<void>>();
  let emails = 0;
  let texts = 0;
  const untilTaken = async (report: () => Promise<readonly number[]>): Promise<void> => {
    if (isLate()) await awaitReceipt;
    while (!signal.aborted) {
      const [status] = await report().catch(() => []);
      if (status === 200) return;
      assert(status === undefined || status >= 500, `a receipt was refused with ${status}`);
      await pause(100);
    }
  };
  const begin = (report: () => Promise<readonly number[]>) => {
    const running = untilTaken(report).finally(() => under.delete(running));
    under.add(running);
  };
  while (!signal.aborted) {
    for (const { MessageID } of postmark.accepted.slice(emails)) {
      emails++;
      begin(() => postmark.deliver(MessageID));
    }
    for (const { sid } of twilio.accepted.slice(texts)) {
      texts++;
      begin(() => twilio.report(sid, "delivered"));
    }
    await pause(10);
  }
  await Promise.all(under);
}

Deno.test("Hark that is killed loses nothing that it answered with 201 and sends nothing twice unmarked", async () => {
  const seed = Number(Deno.env.get("KILL_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  console.log(`KILL_SEED=${seed}`);
  const random = createRandom(seed);

  await using folder = await makeFolder();
  await migrateFolder(folder);
  await using providers = await startProviders();
  for (const each of [providers.postmark, providers.twilio]) each.always(slow(PROVIDER_MS));
  let hark: ServingProcess | undefined;
  await using _last = { [Symbol.asyncDispose]: async () => await hark?.[Symbol.asyncDispose]() };
  const start = async () => {
    hark = await serve("start", { folder, environment: providers.environment });
    providers.reportTo(hark.url);
  };
  const reach: Reach = (path, init) => fetch(`${hark?.url}${path}`, init);
  await start();

  const { id: serviceId, keys: { live: key } } = await newService(reach, {
    rate_limit_per_minute: 100_000,
  });
  const sms = await newTemplate(reach, serviceId, {
    channel: "sms",
    name: "Text",
    body: "This is number ((n)).",
  });
  const email = await newTemplate(reach, serviceId, {
    channel: "email",
    name: "E-mail",
    subject: "A message",
    body: "This is number ((n)).",
  });

  /** The id that each send was answered with. */
  const accepted = new Map<number, string>();
  let replayed = 0;
  let unanswered = 0;
  let begun = 0;

  const post = async (n: number): Promise<Answered | undefined> => {
    const [channel, to, template_id] = n % 2 === 0
      ? ["sms", { phone_number: "07900900123" }, sms]
      : ["email", { email_address: "ann@example.com" }, email];
    return await callAs(
      reach,
      key,
      "POST",
      `/v2/notifications/${channel}`,
      { ...to as Record<string, string>, template_id, personalisation: { n } },
      { "Idempotency-Key": `send-${n}` },
    ).catch(() => undefined);
  };

  async function sender(): Promise<void> {
    while (begun < SENDS) {
      const n = begun++;
      for (;;) {
        const answer = await post(n);
        if (answer === undefined) {
          unanswered++;
          await pause(20 + 30 * random());
          continue;
        }
        if (answer.status === 409) {
          await pause(50);
          continue;
        }
        assert.equal(answer.status, 201, JSON.stringify(answer.body));
        accepted.set(n, answer.body.id);
        if (answer.headers.get("Idempotent-Replayed") === "true") replayed++;
        // Asked again at times: the answer stays the same, whoever it was that gave it first.
        if (random() < 0.05) {
          const again = await post(n);
          if (again?.status === 201) assert.equal(again.body.id, answer.body.id);
        }
        break;
      }
    }
  }

  async function killer(): Promise<void> {
    const turns = Array.from({ length: KILLS }, () => Math.floor(random() * SENDS))
      .sort((a, b) => a - b);
    for (const turn of turns) {
      await waitFor(`send ${turn}`, () => begun > Math.min(turn, SENDS - 1), {
        everyMs: 1,
        patienceMs: PATIENCE_MS,
      });
      await pause(JITTER_MS * random());
      await hark?.kill("SIGKILL");
      await start();
    }
  }

  const over = new AbortController();
  const awaitReceipt = Promise.withResolvers<void>();
  const reporting = reportAll(providers, {
    isLate: () => random() < LATE_REPORTS,
    awaitReceipt: awaitReceipt.promise,
    signal: over.signal,
  });
  try {
    await Promise.all([killer(), ...Array.from({ length: SENDERS }, sender)]);
    assert.equal(accepted.size, SENDS);

    const statusOf = new Map<string, string>();
    await waitFor("everything to end", async () => {
      statusOf.clear();
      let path: string | undefined = "/v2/notifications";
      while (path !== undefined) {
        const { body } = await callAs(reach, key, "GET", path);
        for (const { id, status } of body.notifications) statusOf.set(id, status);
        const next: string | undefined = body.links.next;
        path = next === undefined ? undefined : next.replace(/^https?:\/\/[^/]+/, "");
      }
      const statuses = [...statusOf.values()];
      if (!statuses.includes("created")) awaitReceipt.resolve();
      return !statuses.some((status) => ["created", "sending", "pending"].includes(status));
    }, { patienceMs: PATIENCE_MS, everyMs: 500 });

    const lost = [...accepted.values()].filter((id) => statusOf.get(id) === undefined);
    const delivered = [...accepted.values()].filter((id) => statusOf.get(id) === "delivered");
    assert.equal(statusOf.size, SENDS, "one notification a send, answered or not");

    const copies = Map.groupBy(takenBy(providers), ({ send }) => send);
    let duplicated = 0;
    for (const [n, id] of accepted) {
      const taken = copies.get(n) ?? [];
      for (const { notificationId } of taken) assert.equal(notificationId, id, `send ${n}`);
      const events = await timelineOf(reach, serviceId, id);
      assert.equal(events.filter(({ kind }) => kind === "accepted").length, 1);
      const attempts = events.filter(({ kind }) => kind === "attempt-started");
      assert(taken.length <= attempts.length, `send ${n}: every copy had an attempt written first`);
      const marked = attempts.filter((attempt) => attempt.possible_duplicate === true);
      assert(taken.length <= 1 + marked.length, `send ${n}: ${taken.length} copies, unmarked`);
      assert.equal(marked.length, Math.max(0, attempts.length - 1), `send ${n}: marks`);
      const ends = events.filter(({ status }) => status === "delivered")
        .filter(({ kind }) => kind === "status-changed");
      assert.equal(ends.length, 1, `send ${n}: it was delivered once`);
      if (taken.length > 1) duplicated++;
    }
    console.log(
      `accepted ${accepted.size}, delivered ${delivered.length}, lost ${lost.length}, ` +
        `duplicated ${duplicated} (all marked)`,
    );
    console.log(`killed ${KILLS} times; ${unanswered} unanswered, ${replayed} replayed`);
    assert.equal(lost.length, 0);
    assert.equal(delivered.length, SENDS);
    assert(unanswered > 0 && duplicated > 0, "the kills fell where nothing was under way");
  } finally {
    over.abort();
    awaitReceipt.resolve();
    await reporting;
  }

  const ended = await hark?.kill("SIGTERM");
  assert.deepEqual([ended?.code, ended?.stderr], [0, ""]);
  const db = await openDatabase({ url: `file:${folder.path}/hark.db` });
  try {
    const [integrity, outbox] = await db.read([
      "PRAGMA integrity_check",
      "SELECT count(*) AS n FROM outbox",
    ]);
    assert.deepEqual(integrity?.rows.flatMap(Object.values), ["ok"]);
    assert.equal(outbox?.rows[0]?.["n"], 0, "nothing is left to do");
  } finally {
    db.close();
  }
});
