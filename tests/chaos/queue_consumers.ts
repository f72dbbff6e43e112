/** A Worker with a queue whose consumers are ended at random points, in a real workerd. */
import { createClock } from "../../adapters/clock.ts";
import { MIN_QUEUED } from "../../application/delivery/queued/announce_many.ts";
import { HOUR_MS, MINUTE_MS } from "../../domain/time/durations.ts";
import { DATABASE, startHarkWorker } from "../conformance/hark_worker.ts";
import { startProviders } from "../conformance/providers.ts";
import { callAs, type Reach, timelineOf } from "../conformance/services.ts";
import { issueRequestToken, startTestApplication } from "../support/application.ts";
import { pause, waitFor } from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import { bundleWorker } from "../support/workerd.ts";
import { createRunClient, type RunMessage } from "./client.ts";
import { countCopies } from "./copies.ts";
import { createMovedClock } from "./moved_clock.ts";
import { chooseReceipts, createReporter } from "./receipts.ts";
import type { RunOptions, RunResult } from "./scenario.ts";
import { countMessages } from "./tally.ts";

/** Messages of a run. */
const MESSAGES = { full: 5_000, short: 200 } as const;
/** The share of the consumers that are ended. */
const SHARE = { full: 0.1, short: 0.5 } as const;
/** One message a consumer: each ends alone. */
const QUEUE = { maxBatchSize: 1, maxBatchTimeout: 0, maxRetries: 5 } as const;
/** Only a failing run reaches it. */
const TIMEOUT_MS = 300_000;
/** How long nothing is called before the run goes on. */
const QUIET_MS = 500;

/**
 * Accepts messages in batches of as many as go into the queue, while consumers are ended, and lets the cron find what
 * they have left. The queue delivers the message of an ended consumer again at once.
 */
export async function runQueueConsumers({ seed, short }: RunOptions): Promise<RunResult> {
  const random = createRandom(seed);
  const form = short ? "short" : "full";
  await using stack = new AsyncDisposableStack();
  const clock = createMovedClock();
  const providers = stack.use(await startProviders(clock.now));
  const { worker, hrana, db } = stack.use(
    await startHarkWorker(
      {
        ...providers.environment,
        ...DATABASE,
        CHAOS_SEED: String(seed),
        CHAOS_SHARE: String(SHARE[form]),
      },
      [],
      {},
      {
        queue: QUEUE,
        script: bundleWorker(new URL("queue_worker.ts", import.meta.url)),
        clock: clock.now,
      },
    ),
  );
  // Receipts and what is shown go through the same application in this process: workerd has enough to do.
  const reader = stack.use(
    await startTestApplication({
      db,
      clock: createClock(clock.now),
      withoutMailbox: true,
      environment: providers.environment,
    }),
  );
  const webhooks = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const { method, headers } = request;
      const body = await request.arrayBuffer();
      return await reader.request(pathname + search, { method, headers, body });
    },
  );
  stack.defer(() => webhooks.shutdown());
  providers.reportTo(`http://127.0.0.1:${webhooks.addr.port}`);
  const client = createRunClient(
    (path, init) => init?.method === "GET" ? reader.request(path, init) : worker.fetch(path, init),
    clock,
  );
  const sender = await client.newSender();

  const messages = Array.from({ length: MESSAGES[form] }, (_, n): RunMessage => ({
    n,
    channel: Math.floor(n / MIN_QUEUED) % 4 === 0 ? "sms" : "email",
    sender,
  }));
  for (let from = 0; from < messages.length; from += MIN_QUEUED) {
    await client.sendUntilAccepted(messages.slice(from, from + MIN_QUEUED));
  }
  const untilQuiet = async () => {
    for (let before = -1; before !== hrana.roundTrips;) {
      before = hrana.roundTrips;
      await pause(QUIET_MS);
    }
  };
  // The full form has too many messages to ask the providers for those without a receipt.
  const reporter = createReporter(providers, () => short ? chooseReceipts(random) : "once");
  const countRows = async (from: string, ...args: readonly number[]) => {
    const [result] = await db.read([{ sql: `SELECT count(*) AS n FROM ${from}`, args: [...args] }]);
    return Number(result?.rows[0]?.n);
  };
  /** Runs crons until nothing is due and no message is in any of the statuses. */
  const end = async (what: string, unfinished: string) => {
    await waitFor(what, async () => {
      await untilQuiet();
      await worker.scheduled();
      return await countRows("outbox WHERE due_at <= ?", clock.now()) +
          await countRows(`notifications WHERE status IN (${unfinished})`) === 0;
    }, { timeoutMs: TIMEOUT_MS });
    await reporter.report();
  };
  await untilQuiet();
  // What an ended consumer had leased is claimed, and its provider asked.
  clock.set(clock.now() + 10 * MINUTE_MS);
  await end("every message to be sent", "'created'");
  // What has no receipt yet is asked for.
  clock.set(clock.now() + 2 * HOUR_MS);
  await end("every message to end", "'created', 'sending', 'pending'");
  const { consumers, ended } = await (await worker.fetch("/chaos/consumers")).json();
  if (ended === 0) throw new Error("no consumer was ended");
  const copies = countCopies(providers);
  const statuses = await readStatuses(reader.request, sender.key, clock.now());
  const messagesAtEnd = [...client.accepted.values()].map(async ({ n, id = "" }) => ({
    status: statuses.get(id),
    copies: copies.get(n) ?? 0,
    timeline: copies.get(n) === 1 ? [] : await timelineOf(reader.request, sender.serviceId, id),
  }));
  return {
    tally: countMessages(await Promise.all(messagesAtEnd)),
    note: `${ended} of ${consumers} consumers ended`,
  };
}

/** The status of each notification of a service, by its id, as the v2 API lists them at a time. */
async function readStatuses(
  reach: Reach,
  key: string,
  now: number,
): Promise<ReadonlyMap<string, string>> {
  const statuses = new Map<string, string>();
  const Authorization = `Bearer ${await issueRequestToken(key, Math.floor(now / 1000))}`;
  for (let olderThan = "";;) {
    const path = `/v2/notifications?${olderThan}`;
    const { body } = await callAs(reach, key, "GET", path, undefined, { Authorization });
    const page: readonly { readonly id: string; readonly status: string }[] = body.notifications;
    for (const { id, status } of page) statuses.set(id, status);
    const last = page.at(-1);
    if (last === undefined) return statuses;
    olderThan = `older_than=${last.id}`;
  }
}
