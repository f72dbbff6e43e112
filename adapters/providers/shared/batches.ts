/** Carries many messages in as few calls as they fit into, where a provider may refuse a call as a whole. */
import { toChunks } from "../../chunks.ts";
import type { SendOutcome } from "../../../domain/ports/provider.ts";
import type { RejectedOutcome, RetryOutcome } from "./http_exchange.ts";

/** What one call came to: an outcome for each message, or one for all. */
export type CallOutcome = readonly SendOutcome[] | RetryOutcome | RejectedOutcome;

/** How calls are made. */
export interface HalvingOptions<T> {
  /** The most calls under way at once. With one, calls are made in the messages' order. */
  readonly lanes: number;
  readonly call: (part: readonly T[]) => Promise<CallOutcome>;
  /** Whether some messages of a call that was refused so may be to blame, and others not. Nothing of it was sent. */
  readonly mayHalve: (refusal: RejectedOutcome) => boolean;
}

/**
 * Makes a call for each part. One that is refused as a whole is made again in halves, so that the message to blame ends
 * alone and takes no other with it.
 *
 * @returns the outcomes, in the order of the messages
 */
export async function sendInHalves<T>(
  parts: readonly (readonly T[])[],
  { lanes, call, mayHalve }: HalvingOptions<T>,
): Promise<readonly SendOutcome[]> {
  const outcomes: SendOutcome[] = [];
  let count = 0;
  const waiting = parts.map((part) => {
    const at = count;
    count += part.length;
    return { at, part };
  }).reverse();

  async function carry(at: number, part: readonly T[]): Promise<void> {
    const outcome = await call(part);
    if (!("kind" in outcome)) {
      // No more than there are messages: what follows is another call's.
      for (const [index, one] of outcome.slice(0, part.length).entries()) {
        outcomes[at + index] = one;
      }
    } else if (outcome.kind === "retry" || part.length === 1 || !mayHalve(outcome)) {
      for (const index of part.keys()) outcomes[at + index] = outcome;
    } else {
      const middle = part.length >> 1;
      waiting.push({ at: at + middle, part: part.slice(middle) });
      waiting.push({ at, part: part.slice(0, middle) });
    }
  }

  let busy = 0;
  async function lane(): Promise<void> {
    const next = waiting.pop();
    if (next === undefined) return;
    busy++;
    await carry(next.at, next.part);
    busy--;
    await fill();
  }
  /** Halves are work for lanes that had none left, too. */
  async function fill(): Promise<void> {
    await Promise.all(Array.from({ length: Math.min(lanes - busy, waiting.length) }, lane));
  }

  await fill();
  return outcomes;
}

/** What fits into a call. */
export interface CallLimits<T> {
  readonly most: number;
  readonly mostBytes: number;
  /** The bytes of a call without messages, whose JSON stands in a list in it. */
  readonly envelopeBytes: number;
  readonly bytesOf: (message: T) => number;
}

/** Splits messages into parts that each fit into a call, in their order; one that is too large by itself goes alone. */
export function toFittingParts<T>(
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
