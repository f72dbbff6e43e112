import type { WebhookProbe } from "../shared/provider_definition.ts";
import { TWILIO_RECEIPTS_PATH } from "./request.ts";
import { signAsTwilio } from "./signature.ts";

/** A message that Twilio never has, and a status that it does not know: the reader ignores them. */
const PROBE = { MessageSid: `SM${"0".repeat(32)}`, MessageStatus: "hark-probe" };

/**
 * Makes a status callback with a valid signature that reports nothing.
 *
 * @param publicUrl the public URL of this deployment, which the signature covers
 */
export async function probeTwilioReceipts(
  { authToken, publicUrl }: { readonly authToken: string; readonly publicUrl: string },
): Promise<WebhookProbe> {
  const fields = new URLSearchParams(PROBE);
  const url = `${publicUrl.replace(/\/+$/, "")}${TWILIO_RECEIPTS_PATH}`;
  return {
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      "X-Twilio-Signature": await signAsTwilio({ authToken, url, fields }),
    },
    body: fields.toString(),
  };
}
