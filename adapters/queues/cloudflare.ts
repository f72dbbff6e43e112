/** The work queue on Cloudflare Queues (developers.cloudflare.com/queues). */
import type { QueuedMessage, WorkQueue } from "../../domain/ports/work_queue.ts";
import { hasMethods } from "../has_methods.ts";
import { callBinding } from "../invocation/invocation.ts";
import { withTimeout } from "../with_timeout.ts";

/** Max messages in one call (platform limit). */
export const MAX_BATCH_MESSAGES = 100;
/** Max bytes of the messages of one call: 256 KB is the platform's limit. */
export const MAX_BATCH_BYTES = 256_000;
/** Max bytes of one message: 128 KB is the platform's limit. */
export const MAX_MESSAGE_BYTES = 128_000;
/** Bytes that a message counts in addition to its body: the platform adds about so many to each. */
export const MESSAGE_OVERHEAD_BYTES = 100;
/** The time-out of a call of the queue, in milliseconds: a request that accepts many notifications waits for the call. */
const PUT_TIMEOUT_MS = 5_000;
/** The longest delay of a message, in seconds (platform limit: 12 hours). */
const MAX_DELAY_S = 12 * 60 * 60;

/** A message as `sendBatch` takes it. */
interface SentMessage {
  readonly body: unknown;
  readonly contentType: "json";
  readonly delaySeconds?: number;
}

/** The part of a binding of a queue's producer that is used. */
export interface QueueProducer {
  sendBatch(messages: readonly SentMessage[]): Promise<unknown>;
}

/** Whether a binding of a Worker's environment has the methods of a queue's producer. */
export function isQueueProducer(value: unknown): value is QueueProducer {
  return hasMethods(value, ["send", "sendBatch"]);
}

/**
 * Creates the work queue over a producer's binding. `put` makes a call for each batch of messages that the platform
 * takes, one after another.
 *
 * @param timeoutMs the time-out of each call, in milliseconds; the queue may take the messages nevertheless
 */
export function createCloudflareQueue(
  producer: QueueProducer,
  timeoutMs: number = PUT_TIMEOUT_MS,
): WorkQueue {
  return {
    maxDelayS: MAX_DELAY_S,
    async put(messages) {
      for (const batch of toBatches(messages)) {
        await callBinding(() =>
          withTimeout(
            producer.sendBatch(batch),
            timeoutMs,
            () => new Error("the queue did not answer"),
          )
        );
      }
    },
  };
}

/**
 * Splits messages into batches that one call takes.
 *
 * @throws RangeError when a message is larger than the platform takes
 */
function toBatches(messages: readonly QueuedMessage[]): readonly (readonly SentMessage[])[] {
  const batches: SentMessage[][] = [];
  let bytes = 0;
  for (const { message, delayS = 0 } of messages) {
    const size = new TextEncoder().encode(JSON.stringify(message)).length + MESSAGE_OVERHEAD_BYTES;
    if (size > MAX_MESSAGE_BYTES) throw new RangeError("a queue message is too large");
    const last = batches.at(-1);
    const sent: SentMessage = {
      body: message,
      contentType: "json",
      ...(delayS === 0 ? {} : { delaySeconds: delayS }),
    };
    if (
      last === undefined || last.length === MAX_BATCH_MESSAGES || bytes + size > MAX_BATCH_BYTES
    ) {
      batches.push([sent]);
      bytes = size;
    } else {
      last.push(sent);
      bytes += size;
    }
  }
  return batches;
}
