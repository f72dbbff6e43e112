/** What every API answers, in its own shape, while the store is unavailable. */
import type { Context } from "hono";
import { StoreUnavailable } from "../../domain/ports/store_unavailable.ts";

/** How long a client should wait, in seconds. */
export const STORE_RETRY_AFTER_S = 5;

/** The message for programs. */
export const STORE_UNAVAILABLE_MESSAGE =
  "The database is unavailable: send the request again later. It may have been accepted; with " +
  "the same Idempotency-Key it is accepted once";

/** Whether a request failed because of the store, and not of a fault of Hark. */
export function isStoreUnavailable(error: Error): error is StoreUnavailable {
  return error instanceof StoreUnavailable;
}

/** Tells the client when to send the request again. */
export function setStoreRetryAfter(c: Context): void {
  c.header("Retry-After", String(STORE_RETRY_AFTER_S));
}
