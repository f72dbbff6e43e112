/** The work queue on Cloudflare Queues (developers.cloudflare.com/queues). */
import { enterCall } from "../invocation/invocation.ts";
import type { QueuedMessage, WorkQueue } from "../../domain/ports/work_queue.ts";

/** Max messages in one call (platform limit). */
export const MAX_BATCH_MESSAGES = 100;
/** Max bytes of the messages of one call: 256 KB is the platform's limit. */
export const MAX_BATCH_BYTES = 256_000;
/** Max bytes of one message: 128 KB is the platform's limit. */
export const MAX_MESSAGE_BYTES = 128_000;
/** What a message counts beside its body: the platform adds about this many bytes to each. */
export const MESSAGE_OVERHEAD_BYTES = 100;
/** How long a call of the queue is waited for, in milliseconds: a request that accepts many waits for it. */
const PUT_TIMEOUT_MS = 5_000;
/** The longest delay of a message (platform limit: 12 hours). */
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
  return typeof value === "object" && value !== null &&
    ["send", "sendBatch"].every((name) =>
      name in value && typeof Reflect.get(value, name) === "function"
    );
}

/**
 * Creates the work queue over a producer's binding. Each call of it takes a part of the messages.
 *
 * @param timeoutMs how long each call is waited for, in milliseconds; its messages may be put nevertheless
 */
export function createCloudflareQueue(
  producer: QueueProducer,
  timeoutMs: number = PUT_TIMEOUT_MS,
): WorkQueue {
  return {
    maxDelayS: MAX_DELAY_S,
    async put(messages) {
      for (const batch of toBatches(messages)) {
        const leave = await enterCall("other");
        try {
          await withTimeout(producer.sendBatch(batch), timeoutMs);
        } finally {
          leave();
        }
      }
    },
  };
}

/** Waits for a call. @throws Error when it takes longer; the binding cannot give it up */
async function withTimeout(call: Promise<unknown>, ms: number): Promise<void> {
  const tooLate = Promise.withResolvers<never>();
  const timer = setTimeout(() => tooLate.reject(new Error("the queue did not answer")), ms);
  try {
    await Promise.race([call, tooLate.promise]);
  } finally {
    clearTimeout(timer);
  }
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
