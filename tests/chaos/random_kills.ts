/**
 * Accepts under SIGKILL at random moments, in real time: every message that was answered with 201 is sent and reaches a
 * final status, and possible duplicates are marked. The seed repeats a run's choices, but not the scheduling of the
 * operating system.
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
import type { RunResult } from "./scenario.ts";
import { countMessages, type EndedMessage, type Tally } from "./tally.ts";
import { type Providers, startProviders } from "../conformance/providers.ts";
import {
  type Answered,
  callAs,
  newService,
  newTemplate,
  type Reach,
  timelineOf,
} from "../conformance/services.ts";

const SENDERS = 8;
/** The providers' latency, so that calls are in flight when the process is killed. */
const PROVIDER_MS = 30;
/** The maximum of a kill's random delay, so that it can happen at any point. */
const JITTER_MS = 40;
/**
 * The share of messages whose receipt comes late, after every message was sent. An immediate receipt completes a
 * notification whose process was killed, so without late ones none would ever be sent again.
 */
const LATE_REPORTS = 0.4;
/**
 * Leases of the last killed process expire after 30 s, and Postmark's answer that it has no such e-mail counts 2 minutes
 * after the attempt; a machine may be busy.
 */
const TIMEOUT_MS = 300_000;

/** A message that a provider accepted: its text and its notification. */
interface Accepted {
  readonly messageId: string;
  readonly notificationId: string;
  /** The number of the send, which is part of its text. */
  readonly send: number;
}

function acceptedBy({ postmark, twilio }: Providers): readonly Accepted[] {
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
 * Reports `delivered` for every accepted message, and repeats a report until it is accepted, as the providers do.
 *
 * @param isLate whether a message's report waits until `allSent` resolves
 */
async function reportAll(
  providers: Providers,
  { isLate, allSent, signal }: {
    readonly isLate: () => boolean;
    readonly allSent: Promise<void>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { postmark, twilio } = providers;
  const under = new Set<Promise<void>>();
  let emails = 0;
  let texts = 0;
  const untilTaken = async (report: () => Promise<readonly number[]>): Promise<void> => {
    if (isLate()) await allSent;
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

/** The size of a run. */
export interface KillOptions {
  readonly seed: number;
  readonly sends: number;
  readonly kills: number;
}

/**
 * Kills a process `kills` times while `sends` messages are sent, half of them texts and half e-mails, and waits until all
 * have ended.
 *
 * @throws when a message is lost, not delivered, or sent twice without a mark
 */
export async function runRandomKills(
  { seed, sends, kills }: KillOptions,
): Promise<RunResult> {
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

  /** The ids in the responses, by send. */
  const accepted = new Map<number, string>();
  let replayed = 0;
  let unanswered = 0;
  let started = 0;

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
    while (started < sends) {
      const n = started++;
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
        // Some requests are retried: the replay equals the first response, even from another process.
        if (random() < 0.05) {
          const again = await post(n);
          if (again?.status === 201) assert.equal(again.body.id, answer.body.id);
        }
        break;
      }
    }
  }

  async function killer(): Promise<void> {
    const killPoints = Array.from({ length: kills }, () => Math.floor(random() * sends))
      .sort((a, b) => a - b);
    for (const killPoint of killPoints) {
      await waitFor(`send ${killPoint}`, () => started > Math.min(killPoint, sends - 1), {
        everyMs: 1,
        timeoutMs: TIMEOUT_MS,
      });
      await pause(JITTER_MS * random());
      await hark?.kill("SIGKILL");
      await start();
    }
  }

  let tally: Tally;
  let note: string;
  const over = new AbortController();
  const allSent = Promise.withResolvers<void>();
  const reporting = reportAll(providers, {
    isLate: () => random() < LATE_REPORTS,
    allSent: allSent.promise,
    signal: over.signal,
  });
  try {
    await Promise.all([killer(), ...Array.from({ length: SENDERS }, sender)]);
    assert.equal(accepted.size, sends);

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
      if (!statuses.includes("created")) allSent.resolve();
      return !statuses.some((status) => ["created", "sending", "pending"].includes(status));
    }, { timeoutMs: TIMEOUT_MS, everyMs: 500 });

    const lost = [...accepted.values()].filter((id) => statusOf.get(id) === undefined);
    const delivered = [...accepted.values()].filter((id) => statusOf.get(id) === "delivered");
    assert.equal(statusOf.size, sends, "one notification a send, answered or not");

    const copies = Map.groupBy(acceptedBy(providers), ({ send }) => send);
    const ended: EndedMessage[] = [];
    let resolved = 0;
    for (const [n, id] of accepted) {
      const messages = copies.get(n) ?? [];
      for (const { notificationId } of messages) assert.equal(notificationId, id, `send ${n}`);
      const events = await timelineOf(reach, serviceId, id);
      assert.equal(events.filter(({ kind }) => kind === "accepted").length, 1);
      const attempts = events.filter(({ kind }) => kind === "attempt-started");
      assert(
        messages.length <= attempts.length,
        `send ${n}: every copy had an attempt written first`,
      );
      const marked = attempts.filter((attempt) => attempt.possible_duplicate === true);
      assert(
        messages.length <= 1 + marked.length,
        `send ${n}: ${messages.length} copies, unmarked`,
      );
      // Without a mark only what the provider, which was asked, does not have is sent again.
      const missing = events.filter(({ code }) => code === "not-found");
      assert.equal(
        marked.length + missing.length,
        Math.max(0, attempts.length - 1),
        `send ${n}: marks`,
      );
      resolved += missing.length + events.filter(({ code }) => code === "found").length;
      const ends = events.filter(({ status }) => status === "delivered")
        .filter(({ kind }) => kind === "status-changed");
      assert.equal(ends.length, 1, `send ${n}: it was delivered once`);
      ended.push({ status: statusOf.get(id), copies: messages.length, timeline: events });
    }
    tally = countMessages(ended);
    note = `killed ${kills} times; ${unanswered} unanswered, ${replayed} replayed, ` +
      `${resolved} resolved`;
    assert.equal(lost.length, 0);
    assert.equal(delivered.length, sends);
    assert(
      unanswered > 0 && tally.duplicated + resolved > 0,
      "the kills fell where nothing was under way",
    );
  } finally {
    over.abort();
    allSent.resolve();
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
  return { tally, note };
}
