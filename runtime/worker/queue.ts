/** The work queue of a Worker: its binding, and the handler of its messages. */
import type { ReceivedMessage } from "../../application/delivery/queued/consume_work.ts";
import { errorName } from "../../domain/text/error_name.ts";
import type { Log } from "../../domain/ports/log.ts";
import type { WorkQueue } from "../../domain/ports/work_queue.ts";
import type { Application } from "../application.ts";
import { ConfigError } from "../config.ts";

/** The end of the name of a dead-letter queue: `hark-dead` is that of `hark`. */
const DEAD_LETTER_SUFFIX = "-dead";
/** How long the work of one batch of messages begins new work, in milliseconds. A consumer may run for 15 minutes. */
const CONSUME_TIMEOUT_MS = 4 * 60_000;
/** The delay of a retry, in seconds, while the configuration is refused or the database is unavailable. */
const UNAVAILABLE_RETRY_S = 30;

/** The messages that the platform passes to the handler `queue`, as far as they are used. */
export interface QueueBatch {
  readonly queue: string;
  readonly messages: readonly {
    readonly id: string;
    readonly body: unknown;
    readonly attempts: number;
    ack(): void;
    retry(options: { readonly delaySeconds: number }): void;
  }[];
}

/**
 * Opens the work queue of the binding `QUEUE`. @returns `undefined` without the binding, which is logged: then requests
 * and the cron find all work
 *
 * @throws ConfigError when the binding is something else
 */
export async function openWorkQueue(
  binding: unknown,
  log: Log,
): Promise<WorkQueue | undefined> {
  if (binding === undefined) {
    log({
      event: "binding-missing",
      binding: "QUEUE",
      meaning:
        "what a request cannot send after its answer waits for the next cron, a minute at most",
    });
    return undefined;
  }
  const { createCloudflareQueue, isQueueProducer } = await import(
    "../../adapters/queues/cloudflare.ts"
  );
  if (!isQueueProducer(binding)) {
    throw new ConfigError("QUEUE must be the binding of a producer of a queue (queues.producers)");
  }
  return createCloudflareQueue(binding);
}

/**
 * Does the work of the messages of a batch, or records the messages of a dead-letter queue. While the application cannot be
 * loaded, the queue is asked to deliver all messages again. Never rejects: failures are logged.
 *
 * @param load returns the application
 */
export async function handleQueue(
  batch: QueueBatch,
  load: () => Promise<Pick<Application, "loadWorkConsumer">>,
  log: Log,
): Promise<void> {
  const messages = batch.messages.map((message): ReceivedMessage => ({
    id: message.id,
    body: message.body,
    attempts: message.attempts,
    ack: () => message.ack(),
    retry: (delaySeconds) => message.retry({ delaySeconds }),
  }));
  try {
    const { loadWorkConsumer } = await load();
    if (loadWorkConsumer === undefined) {
      throw new ConfigError("a consumer of a queue needs the binding QUEUE");
    }
    const consumer = await loadWorkConsumer();
    if (batch.queue.endsWith(DEAD_LETTER_SUFFIX)) await consumer.recordDead(messages);
    else await consumer.consume(messages, AbortSignal.timeout(CONSUME_TIMEOUT_MS));
  } catch (error) {
    log({
      event: "queue-failed",
      messages: messages.length,
      error: errorName(error),
    });
    for (const message of messages) message.retry(UNAVAILABLE_RETRY_S);
  }
}
