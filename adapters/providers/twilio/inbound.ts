/** Reads the texts that Twilio receives for numbers of this deployment. */
import type { ReceiptRefusal } from "../../../domain/delivery/receipt.ts";
import type { Keyword } from "../../../domain/inbound/keywords.ts";
import {
  type IncomingText,
  isTextTooLong,
  parseDigits,
} from "../../../domain/inbound/received_text.ts";
import type { InboundAnswer } from "../../../domain/ports/inbound_reader.ts";
import type { ReceiptRequest } from "../../../domain/ports/receipt_reader.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import { lookUp } from "../shared/json_fields.ts";
import { readSignedForm, type SignatureSettings } from "./signed_form.ts";

/**
 * What a value of `OptOutType` asks for. Twilio sends it when it has recognised a word and answered by itself.
 * Source: https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
 */
const OPT_OUT_TYPES = {
  STOP: "stop",
  START: "start",
  HELP: "help",
} as const satisfies Record<string, Keyword>;

/**
 * Reads one call of the webhook of a number (`A message comes in`): verifies its signature, then parses the text. The
 * call is refused as `unauthorised`, as `malformed` when a field is missing, or as `too-large`.
 *
 * @param provider the provider's name, which the text repeats
 */
export async function readTwilioText(
  request: ReceiptRequest,
  settings: SignatureSettings,
  provider: string,
): Promise<Result<IncomingText, ReceiptRefusal>> {
  const form = await readSignedForm(request, settings);
  if (!form.ok) return form;
  const fields = form.value;
  const sid = fields.get("MessageSid") ?? fields.get("SmsSid");
  const from = fields.get("From")?.trim();
  const to = parseDigits(fields.get("To") ?? "");
  const message = fields.get("Body");
  if (!sid) return malformed("MessageSid is missing");
  if (!from) return malformed("From is missing");
  if (to === undefined) return malformed("To is not a number");
  if (message === null) return malformed("Body is missing");
  if (isTextTooLong({ providerMessageId: sid, from, message })) {
    return refuse({ kind: "too-large" });
  }
  return ok({
    provider,
    providerMessageId: sid,
    from: parseDigits(from) ?? from,
    to,
    message,
    handled: lookUp<Keyword>(OPT_OUT_TYPES, fields.get("OptOutType")?.toUpperCase()),
  });
}

/**
 * Returns the answer in TwiML with which Twilio sends `reply`, escaped for XML, to the sender of the text. With
 * `undefined` Twilio sends nothing.
 */
export function toTwiml(reply: string | undefined): InboundAnswer {
  const message = reply === undefined ? "" : `<Message>${escapeXml(reply)}</Message>`;
  return {
    contentType: "text/xml; charset=utf-8",
    body: `<?xml version="1.0" encoding="UTF-8"?><Response>${message}</Response>`,
  };
}

const XML_ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => XML_ENTITIES[character] ?? "");
}

function malformed(detail: string): Result<never, ReceiptRefusal> {
  return refuse({ kind: "malformed", detail });
}
