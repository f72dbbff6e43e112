import type { Message } from "postmark";
import type { SendOutcome } from "../../../domain/ports/provider.ts";
import { type CallOutcome, sendInHalves, toFittingParts } from "../shared/batches.ts";

/**
 * The most messages of one call.
 * Source: https://postmarkapp.com/developer/user-guide/send-email-with-api/batch-emails
 */
export const MAX_BATCH = 500;

/**
 * The most bytes of one call; a larger message goes alone. Postmark takes 50 MB, but what is still on its way when the
 * time is over may have gone out or not, and what waits for its turn surely has not.
 */
export const MAX_BATCH_BYTES = 10_000_000;

/** Refusals that no message is to blame for: the account is out of credits, or may not send. */
const OF_THE_ACCOUNT: ReadonlySet<string> = new Set(["405", "413"]);

/**
 * Sends messages in as few calls as they fit into, one after another.
 *
 * Postmark says of each message by itself what is wrong with it, so a call is refused as a whole only for something that
 * it cannot lay at one message's door, such as JSON that it does not understand. Nothing of it was sent. Such a call is
 * made again in halves, so that the message to blame ends alone and takes no other with it.
 *
 * @returns the outcomes, in the order of the messages
 */
export async function sendInBatches(
  messages: readonly Message[],
  call: (part: readonly Message[]) => Promise<CallOutcome>,
): Promise<readonly SendOutcome[]> {
  return await sendInHalves(toParts(messages), {
    lanes: 1,
    call,
    mayHalve: ({ code }) => !OF_THE_ACCOUNT.has(code),
  });
}

/** Splits messages into parts that each fit into a call, in their order. */
export function toParts(messages: readonly Message[]): readonly (readonly Message[])[] {
  return toFittingParts(messages, {
    most: MAX_BATCH,
    mostBytes: MAX_BATCH_BYTES,
    envelopeBytes: "[]".length,
    bytesOf,
  });
}

function bytesOf(message: Message): number {
  const json = JSON.stringify(message);
  // No unit is more than three bytes: what is small even so need not be counted out.
  const most = 3 * json.length;
  return most < MAX_BATCH_BYTES / MAX_BATCH ? most : new TextEncoder().encode(json).length;
}
