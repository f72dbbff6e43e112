import type { Message } from "postmark";
import type { SendOutcome } from "../../../domain/ports/provider.ts";
import { type CallOutcome, sendInHalves, toCallChunks } from "../shared/batches.ts";

/**
 * The most messages of one call.
 * Source: https://postmarkapp.com/developer/user-guide/send-email-with-api/batch-emails
 */
export const MAX_BATCH = 500;

/**
 * The most bytes of one call; a larger message gets a call of its own. Postmark accepts 50 MB. Smaller calls leave
 * fewer messages with an unknown outcome when a call times out.
 */
export const MAX_BATCH_BYTES = 10_000_000;

/**
 * Sends messages in as few calls as {@link MAX_BATCH} and {@link MAX_BATCH_BYTES} allow, one call after another.
 *
 * Postmark reports errors for each message, and refuses a call as a whole only for an error that it cannot attribute to
 * a message, such as JSON that it does not understand. Nothing of such a call was sent. It is repeated in halves, so
 * that only the message that caused the refusal is rejected.
 *
 * @param call sends one chunk of the messages
 * @returns the outcome of each message, in their order
 */
export async function sendInBatches(
  messages: readonly Message[],
  call: (chunk: readonly Message[]) => Promise<CallOutcome>,
): Promise<readonly SendOutcome[]> {
  return await sendInHalves(toChunks(messages), {
    concurrency: 1,
    call,
    // Faults of the account are no rejections.
    mayHalve: () => true,
  });
}

/** Splits messages into the chunks of {@link sendInBatches}, in order. */
export function toChunks(messages: readonly Message[]): readonly (readonly Message[])[] {
  return toCallChunks(messages, {
    most: MAX_BATCH,
    mostBytes: MAX_BATCH_BYTES,
    envelopeBytes: "[]".length,
    bytesOf,
  });
}

function bytesOf(message: Message): number {
  const json = JSON.stringify(message);
  // A UTF-16 unit has at most three bytes in UTF-8: small messages need no exact count.
  const most = 3 * json.length;
  return most < MAX_BATCH_BYTES / MAX_BATCH ? most : new TextEncoder().encode(json).length;
}
