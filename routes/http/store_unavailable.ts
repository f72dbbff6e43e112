/** The answer of every API, each in its own error format, while the store (the database) is unavailable. */
import type { Context } from "hono";
import { StoreUnavailable } from "../../domain/ports/store_unavailable.ts";

/** `Retry-After` of that answer, in seconds. */
export const STORE_RETRY_AFTER_S = 5;

/** The message in JSON answers; pages for people have texts of their own. */
export const STORE_UNAVAILABLE_MESSAGE =
  "The database is unavailable: send the request again later. It may have been accepted; with " +
  "the same Idempotency-Key it is accepted once";

/** Whether a request failed because the store is unavailable. */
export function isStoreUnavailable(error: Error): error is StoreUnavailable {
  return error instanceof StoreUnavailable;
}

/** Sets `Retry-After` of the answer to {@link STORE_RETRY_AFTER_S}. */
export function setStoreRetryAfter(c: Context): void {
  c.header("Retry-After", String(STORE_RETRY_AFTER_S));
}
