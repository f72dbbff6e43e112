/** A Worker with a queue whose consumers are ended at random points, in a real workerd. */
import { createClock } from "../../adapters/clock.ts";
import { MIN_QUEUED } from "../../application/worker_loop.ts";
import { HOUR_MS, MINUTE_MS } from "../../domain/time/durations.ts";
import { DATABASE, startHarkWorker } from "../conformance/hark_worker.ts";
import { startProviders } from "../conformance/providers.ts";
import { startTestApplication } from "../support/application.ts";
import { pause, waitFor } from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import { bundleWorker } from "../support/workerd.ts";
import { createRunClient, type RunMessage } from "./client.ts";
import { countCopies } from "./copies.ts";
import { createMovedClock } from "./moved_clock.ts";
import { isSent } from "./process_scene.ts";
import { chooseReceipts, createReporter } from "./receipts.ts";
import type { RunOptions, RunResult } from "./scenario.ts";

/** Messages of a run. */
const MESSAGES = { full: 5_000, short: 200 } as const;
/** The share of the consumers that are ended. */
const SHARE = { full: 0.1, short: 0.5 } as const;
/** One message a consumer: each ends alone. */
const QUEUE = { maxBatchSize: 1, maxBatchTimeout: 0, maxRetries: 5 } as const;
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
      {
        queue: QUEUE,
        script: bundleWorker(new URL("queue_worker.ts", import.meta.url)),
        clock: clock.now,
      },
    ),
  );
  const webhooks = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const { method, headers } = request;
      return await worker.fetch(pathname + search, {
        method,
        headers,
        body: await request.arrayBuffer(),
      });
    },
  );
  stack.defer(() => webhooks.shutdown());
  providers.reportTo(`http://127.0.0.1:${webhooks.addr.port}`);
  // What is shown is read from the same database in this process: workerd has enough to do.
  const reader = stack.use(
    await startTestApplication({ db, clock: createClock(clock.now), withoutMailbox: true }),
  );
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
  const reporter = createReporter(providers, () => chooseReceipts(random));
  const end = async (what: string, holds: (status: string | undefined) => boolean) => {
    await waitFor(`${what}, and nothing to be due`, async () => {
      await untilQuiet();
      await worker.scheduled();
      const [due] = await db.read([{
        sql: "SELECT count(*) AS n FROM outbox WHERE due_at <= ?",
        args: [clock.now()],
      }]);
      return due?.rows[0]?.n === 0;
    });
    await client.waitForAll(what, holds);
    await reporter.report();
  };
  await untilQuiet();
  // What an ended consumer had leased is claimed, and its provider asked.
  clock.set(clock.now() + 10 * MINUTE_MS);
  await end("every message to be sent", isSent);
  // What has no receipt yet is asked for.
  clock.set(clock.now() + 2 * HOUR_MS);
  await end("every message to end", (status) => status === "delivered");
  const { consumers, ended } = await (await worker.fetch("/chaos/consumers")).json();
  if (ended === 0) throw new Error("no consumer was ended");
  return {
    tally: await client.count(countCopies(providers)),
    note: `${ended} of ${consumers} consumers ended`,
  };
}
