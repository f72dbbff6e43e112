/** The metrics of a process with the state of the outbox, as `GET /metrics` answers. */
import { toExposition } from "../../domain/metrics/exposition.ts";
import type { Metrics } from "../../domain/metrics/metrics.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { DeadLetterCount } from "../../domain/dead_letters/dead_letter.ts";
import type { DeadLetterStore } from "../../domain/ports/dead_letter_store.ts";
import { type Queue, QUEUE_STAGES, type QueueStore } from "../../domain/ports/queue_store.ts";
import { CHANNELS } from "../../domain/service/service.ts";
import { isRequestIsolated } from "../isolated_requests.ts";

/** How long the state of the outbox is cached, in milliseconds, so that scrapes do not load the database. */
export const SCRAPE_TTL_MS = 5_000;

/** The provider of a message that ended without a call of any. */
const NO_PROVIDER = "none";

/** Returns the metrics in Prometheus' text format. Never rejects: without the database, its metrics are left out. */
export type Scrape = () => Promise<string>;

/** Dependencies of {@link createScrape}. */
export interface ScrapePorts {
  readonly metrics: Metrics;
  readonly queues: QueueStore;
  readonly deadLetters: Pick<DeadLetterStore, "count">;
  readonly clock: Pick<Clock, "now">;
  readonly version: string;
  /** A monotonic clock, in milliseconds; `performance.now` by default. */
  readonly elapsed?: () => number;
}

/** Creates the scrapes of a process. Concurrent ones share a read of the database. */
export function createScrape(ports: ScrapePorts): Scrape {
  const { metrics, version, elapsed = () => performance.now() } = ports;
  let readAt: number | undefined;
  let underWay: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    await readDatabase(ports);
    readAt = elapsed();
  }

  return async () => {
    if (readAt === undefined || elapsed() - readAt >= SCRAPE_TTL_MS) {
      // An isolated request may not wait for another one's read of the database.
      if (isRequestIsolated()) await refresh();
      else await (underWay ??= refresh().finally(() => underWay = undefined));
    }
    metrics.set("hark_build_info", { version }, 1);
    return toExposition(metrics.list());
  };
}

/** Sets the metrics of the database. Without an answer they have no values, but that it is down. */
async function readDatabase(
  { metrics, queues, deadLetters, clock }: ScrapePorts,
): Promise<void> {
  const now = clock.now();
  const [outbox, oldest, dead] = await Promise.all([
    queues.read(now),
    queues.oldestDue(now),
    deadLetters.count(),
  ]).catch(() => []);
  metrics.reset("hark_outbox_messages");
  metrics.reset("hark_outbox_oldest_due_seconds");
  metrics.set("hark_database_up", {}, outbox === undefined ? 0 : 1);
  metrics.reset("hark_dead_letters");
  if (outbox === undefined || oldest === undefined || dead === undefined) return;
  setDeadLetters(metrics, dead.counts);
  for (const channel of CHANNELS) {
    const dueAt = oldest.get(channel) ?? now;
    metrics.set("hark_outbox_oldest_due_seconds", { channel }, Math.max(0, now - dueAt) / 1_000);
    for (const [state, messages] of statesOf(outbox.queues, channel)) {
      metrics.set("hark_outbox_messages", { channel, state }, messages);
    }
  }
}

/** Sets the number of each channel and provider; 0 for a channel without any. */
function setDeadLetters(metrics: Metrics, counts: readonly DeadLetterCount[]): void {
  for (const channel of CHANNELS) {
    const ofChannel = counts.filter((count) => count.channel === channel);
    const byProvider = Map.groupBy(ofChannel, ({ provider }) => provider ?? NO_PROVIDER);
    if (byProvider.size === 0) {
      metrics.set("hark_dead_letters", { channel, provider: NO_PROVIDER }, 0);
    }
    for (const [provider, some] of byProvider) {
      const messages = some.reduce((sum, count) => sum + count.messages, 0);
      metrics.set("hark_dead_letters", { channel, provider }, messages);
    }
  }
}

function statesOf(queues: readonly Queue[], channel: Queue["channel"]) {
  const states = new Map([...["due", "leased", "waiting"], ...QUEUE_STAGES.slice(1)]
    .map((state) => [state, 0]));
  const add = (state: string, messages: number) =>
    states.set(state, (states.get(state) ?? 0) + messages);
  for (const queue of queues) {
    if (queue.channel !== channel) continue;
    const { due, leased, waiting, stage } = queue;
    if (stage !== "to-send") {
      add(stage, due + leased + waiting);
      continue;
    }
    add("due", due);
    add("leased", leased);
    add("waiting", waiting);
  }
  return states;
}
