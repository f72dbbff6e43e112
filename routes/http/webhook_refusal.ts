import type { Context } from "hono";
import type { ReceiptRefusal } from "../../domain/delivery/receipt.ts";
import { BODY_FAULT_MESSAGES, BODY_RETRY_AFTER_S } from "./body.ts";
import { noteRefusedCredential } from "./security_events.ts";
import { setStoreRetryAfter, STORE_UNAVAILABLE_MESSAGE } from "./store_unavailable.ts";

/**
 * Answers a refused call of a provider's webhook with JSON `{error}`: 401 for a wrong signature or password (also
 * recorded as a security event), 413 or 400 for a body that is too large, broken off or malformed, and 503 with
 * `Retry-After` when the process holds too many bytes of bodies or the store is unavailable.
 */
export function refuseWebhook(
  c: Context,
  refusal: ReceiptRefusal | { readonly kind: "store-unavailable" },
): Response {
  switch (refusal.kind) {
    case "unauthorised":
      noteRefusedCredential(c, "receipt", refusal.kind, true);
      // 401, never 403: Postmark stops calling after a 403.
      return c.json({ error: "Unauthorized" }, 401, { "WWW-Authenticate": "Basic" });
    case "too-large":
      return c.json({ error: "The body is too large" }, 413);
    case "broken-off":
      return c.json({ error: BODY_FAULT_MESSAGES[refusal.kind] }, 400);
    case "bodies-too-large":
      return c.json({ error: BODY_FAULT_MESSAGES[refusal.kind] }, 503, {
        "Retry-After": String(BODY_RETRY_AFTER_S),
      });
    case "store-unavailable":
      // The provider calls again: what was stored nevertheless is stored once.
      setStoreRetryAfter(c);
      return c.json({ error: STORE_UNAVAILABLE_MESSAGE }, 503);
    case "malformed":
      return c.json({ error: refusal.detail }, 400);
  }
}
