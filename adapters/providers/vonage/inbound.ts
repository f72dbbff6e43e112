/** Reads the texts that Vonage receives for numbers of this deployment. */
import * as z from "zod/mini";
import type { ReceiptRefusal } from "../../../domain/delivery/receipt.ts";
import {
  type IncomingText,
  isTextTooLong,
  parseDigits,
} from "../../../domain/inbound/received_text.ts";
import type { ReceiptRequest } from "../../../domain/ports/receipt_reader.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import { readSignedJson, type SignatureSettings } from "./signed_json.ts";

const InboundText = z.object({
  channel: z.literal("sms"),
  message_uuid: z.string().check(z.minLength(1)),
  from: z.string().check(z.trim(), z.minLength(1)),
  to: z.string(),
  text: z.string(),
});

/**
 * Reads one call of the application's inbound webhook: verifies its signature, then parses the text. The call is refused
 * as `unauthorised`, as `malformed` when a field is missing, or as `too-large`. Vonage does not tell whether a carrier
 * has obeyed STOP, so every keyword is Hark's to obey.
 *
 * @param provider the provider's name, which the text repeats
 */
export async function readVonageText(
  request: ReceiptRequest,
  settings: SignatureSettings,
  provider: string,
): Promise<Result<IncomingText, ReceiptRefusal>> {
  const json = await readSignedJson(request, settings);
  if (!json.ok) return json;
  const read = InboundText.safeParse(json.value);
  if (!read.success) {
    const fields = read.error.issues.map(({ path }) => path.join("."));
    return refuse({ kind: "malformed", detail: `not a text: ${fields.join(", ")}` });
  }
  const { message_uuid: id, from, to, text } = read.data;
  const number = parseDigits(to);
  if (number === undefined) return refuse({ kind: "malformed", detail: "to is not a number" });
  if (isTextTooLong({ providerMessageId: id, from, message: text })) {
    return refuse({ kind: "too-large" });
  }
  return ok({
    provider,
    providerMessageId: id,
    from: parseDigits(from) ?? from,
    to: number,
    message: text,
    handled: undefined,
  });
}
