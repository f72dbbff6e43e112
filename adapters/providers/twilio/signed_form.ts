import type { ReceiptRefusal } from "../../../domain/delivery/receipt.ts";
import type { ReceiptRequest } from "../../../domain/ports/receipt_reader.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import { isSignedByTwilio } from "./signature.ts";

/** What a signature of Twilio is verified with. */
export interface SignatureSettings {
  /** The account's auth tokens: while it is rotated, the signature of each of them is accepted. */
  readonly authTokens: readonly string[];
  /** The public URL of this deployment, which Twilio calls. */
  readonly publicUrl: string;
}

/**
 * The most form fields of a call; one with more is refused as too large. Twilio sends up to 30. The fields are sorted
 * to verify the signature, so before the sender is known to be Twilio.
 */
export const MAX_RECEIPT_FIELDS = 1_000;

/**
 * Reads the form of a webhook's call and verifies Twilio's signature of it. A call that no auth token has signed is
 * refused as `unauthorised`, without reading its body if the signature is absent; one with too many fields as
 * `too-large`.
 */
export async function readSignedForm(
  { url, headers, readBody }: ReceiptRequest,
  { authTokens, publicUrl }: SignatureSettings,
): Promise<Result<URLSearchParams, ReceiptRefusal>> {
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
  return isSigned.includes(true) ? ok(fields) : refuse({ kind: "unauthorised" });
}
