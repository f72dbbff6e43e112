import type { AcceptRejection } from "../../domain/ports/accept_store.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";

/** The refusal of a message that the store cannot hold. */
export function tooLarge(
  { bytes, maxBytes }: Extract<AcceptRejection, { readonly reason: "too-large" }>,
): Refusal {
  return { kind: "message-too-large", bytes, maxBytes };
}
