/** Signatures of callbacks by Standard Webhooks. */
import { Webhook } from "standardwebhooks";

const SECRET_BYTES = 32;
const SECRET_PREFIX = "whsec_";

/** Generates a signing secret: `whsec_` and 32 random bytes in base64. */
export function newSigningSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return `${SECRET_PREFIX}${bytes.toBase64()}`;
}

/**
 * The header `webhook-signature`: the signature with each secret, separated by blanks.
 *
 * @param secrets the current secret first
 * @param id the header `webhook-id`
 * @param at the time of the header `webhook-timestamp`, in epoch milliseconds
 */
export function signCallback(
  secrets: readonly string[],
  id: string,
  at: number,
  body: string,
): string {
  return secrets.map((secret) => new Webhook(secret).sign(id, new Date(at), body)).join(" ");
}
