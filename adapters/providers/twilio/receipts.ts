import type { NotificationRef } from "../../../domain/ids.ts";
import type { Receipt, ReceiptKind, ReceiptRefusal } from "../../../domain/delivery/receipt.ts";
import type { ReceiptRequest } from "../../../domain/ports/receipt_reader.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import { lookUp, parseAttemptField, parseRef } from "../shared/json_fields.ts";
import { kindOfDeliveryCode } from "./codes.ts";
import { isSignedByTwilio } from "./signature.ts";

/**
 * The receipt kind of each `MessageStatus`; an unlisted status is ignored.
 * Source: https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
 */
const RECEIPTS = {
  accepted: "sending",
  scheduled: "sending",
  queued: "sending",
  sending: "sending",
  /** Passed to the carrier, which is not final. */
  sent: "sending",
  delivered: "delivered",
  read: "delivered",
  undelivered: "by-code",
  failed: "by-code",
  canceled: "technical-failure",
} as const satisfies Record<string, ReceiptKind | "by-code">;

/**
 * The most form fields of a status callback; one with more is refused as too large. Twilio sends about ten. The fields
 * are sorted to verify the signature, so before the sender is known to be Twilio.
 */
export const MAX_RECEIPT_FIELDS = 1_000;

/**
 * Reads one status callback of Twilio: verifies its signature, then parses the status. The result has one receipt, or
 * none for a status that is ignored.
 *
 * @param authTokens the account's auth tokens: while it is rotated, the signature of each of them is accepted
 * @param provider the provider's name, which the receipt repeats
 */
export async function readTwilioReceipts(
  { url, headers, readBody }: ReceiptRequest,
  { authTokens, publicUrl }: { readonly authTokens: readonly string[]; readonly publicUrl: string },
  provider: string,
): Promise<Result<readonly Receipt[], ReceiptRefusal>> {
  const signature = headers.get("X-Twilio-Signature");
  if (signature === null) return refuse({ kind: "unauthorised" });
  const body = await readBody();
  if (!body.ok) return body;
  const form = new TextDecoder().decode(body.value);
  if (form.split("&", MAX_RECEIPT_FIELDS + 1).length > MAX_RECEIPT_FIELDS) {
    return refuse({ kind: "too-large" });
  }
  const fields = new URLSearchParams(form);
  const signedUrl = `${publicUrl.replace(/\/+$/, "")}${url}`;
  const isSigned = await Promise.all(
    authTokens.map((authToken) =>
      isSignedByTwilio({ authToken, signature, url: signedUrl, fields })
    ),
  );
  if (!isSigned.includes(true)) {
    return refuse({ kind: "unauthorised" });
  }
  const sid = fields.get("MessageSid") ?? fields.get("SmsSid");
  const status = fields.get("MessageStatus") ?? fields.get("SmsStatus");
  if (!sid) return refuse({ kind: "malformed", detail: "MessageSid is missing" });
  if (!status) return refuse({ kind: "malformed", detail: "MessageStatus is missing" });
  const code = fields.get("ErrorCode")?.match(/^[1-9]\d{0,9}$/)?.[0];
  const query = new URLSearchParams(url.split("?")[1] ?? "");
  const ref = parseRef(query.get("service_id"), query.get("notification_id"));
  const { attempt } = parseAttemptField(query.get("attempt"));
  const receipt = toReceipt({ provider, sid, status, code, ref, attempt });
  return ok(receipt === undefined ? [] : [receipt]);
}

/**
 * Returns the receipt for a status of a message at Twilio; `undefined` for a status that is ignored.
 *
 * @param code Twilio's error code, which decides the kind of an undelivered or failed message
 */
export function toReceipt({ provider, sid, status, code, ref, attempt }: {
  readonly provider: string;
  readonly sid: string;
  readonly status: string;
  readonly code: string | undefined;
  readonly ref: NotificationRef | undefined;
  readonly attempt?: number | undefined;
}): Receipt | undefined {
  const listed = lookUp<ReceiptKind | "by-code">(RECEIPTS, status);
  if (listed === undefined) return undefined;
  const failure = kindOfDeliveryCode(code);
  return {
    provider,
    providerMessageId: sid,
    ref,
    ...(attempt === undefined ? {} : { attempt }),
    kind: listed === "by-code" ? failure ?? "temporary-failure" : listed,
    code,
    ...(listed === "by-code" && code !== undefined && failure === undefined
      ? { isUnlistedCode: true }
      : {}),
    // RawDlrDoneDate has no time zone, so the time is unknown.
    at: undefined,
    dedupeKey: `${sid}:${status}`,
  };
}
