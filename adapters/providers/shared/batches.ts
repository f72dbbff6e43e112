/** Sends many messages in as few calls as possible, for providers that may refuse a call as a whole. */
import { toChunks } from "../../chunks.ts";
import type { SendOutcome } from "../../../domain/ports/provider.ts";
import type { RefusalOutcome, RejectedOutcome } from "./http_exchange.ts";

/** The result of one call of a provider: an outcome for each message, in order, or one outcome for all of them. */
export type CallOutcome = readonly SendOutcome[] | RefusalOutcome;

/** How {@link sendInHalves} calls the provider. */
export interface HalvingOptions<T> {
  /** The most calls in flight. With 1, calls are made in the order of the messages. */
  readonly concurrency: number;
  /** Sends the messages of one chunk in one call. */
  readonly call: (chunk: readonly T[]) => Promise<CallOutcome>;
  /**
   * Whether a single message may have caused the refusal of a whole call. Return `true` only if nothing of the call was
   * sent.
   */
  readonly mayHalve: (refusal: RejectedOutcome) => boolean;
}

/**
 * Makes a call for each chunk of messages. A call that is rejected as a whole is repeated with each half of its
 * messages, if `mayHalve` allows it, until only the message that caused the refusal is rejected. A call with the
 * outcome `retry` or `provider-fault` is not repeated: all its messages get that outcome.
 *
 * @returns the outcome of each message, in the order of the chunks and their messages
 */
export async function sendInHalves<T>(
  chunks: readonly (readonly T[])[],
  { concurrency, call, mayHalve }: HalvingOptions<T>,
): Promise<readonly SendOutcome[]> {
  const outcomes: SendOutcome[] = [];
  let count = 0;
  const queue = chunks.map((chunk) => {
    const offset = count;
    count += chunk.length;
    return { offset, chunk };
  }).reverse();

  async function send(offset: number, chunk: readonly T[]): Promise<void> {
    const outcome = await call(chunk);
    if (!("kind" in outcome)) {
      // Surplus outcomes would overwrite those of the next chunk.
      for (const [index, each] of outcome.slice(0, chunk.length).entries()) {
        outcomes[offset + index] = each;
      }
    } else if (outcome.kind !== "rejected" || chunk.length === 1 || !mayHalve(outcome)) {
      for (const index of chunk.keys()) outcomes[offset + index] = outcome;
    } else {
      const middle = chunk.length >> 1;
      queue.push({ offset: offset + middle, chunk: chunk.slice(middle) });
      queue.push({ offset, chunk: chunk.slice(0, middle) });
    }
  }

  let inFlight = 0;
  async function sendNext(): Promise<void> {
    const next = queue.pop();
    if (next === undefined) return;
    inFlight++;
    await send(next.offset, next.chunk);
    inFlight--;
    await fill();
  }
  /** Also called after each call: halves may use concurrency that had no chunk left. */
  async function fill(): Promise<void> {
    await Promise.all(
      Array.from({ length: Math.min(concurrency - inFlight, queue.length) }, sendNext),
    );
  }

  await fill();
  return outcomes;
}

/** The limits of one call of a provider. */
export interface CallLimits<T> {
  /** The most messages. */
  readonly most: number;
  /** The most bytes of the call's body. */
  readonly mostBytes: number;
  /** The bytes of a call without messages; the messages are a JSON array in it. */
  readonly envelopeBytes: number;
  /** The bytes of a message as JSON. */
  readonly bytesOf: (message: T) => number;
}

/**
 * Splits messages into chunks, each for one call within the limits, in order. A message over the byte limit is alone.
 */
export function toCallChunks<T>(
  messages: readonly T[],
  { most, mostBytes, envelopeBytes, bytesOf }: CallLimits<T>,
): readonly (readonly T[])[] {
  return toChunks(messages, {
    maxItems: most,
    // A comma follows each message but the last.
    maxSize: mostBytes - envelopeBytes + 1,
    sizeOf: (message) => bytesOf(message) + 1,
  });
}
