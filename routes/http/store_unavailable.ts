/** The answer of every API, each in its own error format, while the store (the database) is unavailable. */
import type { Context } from "hono";
import { StoreUnavailable } from "../../domain/ports/store_unavailable.ts";

/** `Retry-After`, in seconds, of an answer 503 because the store (the database) is unavailable. */
export const STORE_RETRY_AFTER_S = 5;

/**
 * The message of an answer 503 because the store is unavailable, in every JSON API; pages for people have their own.
 */
export const STORE_UNAVAILABLE_MESSAGE =
  "The database is unavailable: send the request again later. It may have been accepted; with " +
  "the same Idempotency-Key it is accepted once";

/** Whether a request failed because the store is unavailable. */
export function isStoreUnavailable(error: Error): error is StoreUnavailable {
  return error instanceof StoreUnavailable;
}

/** Sets the header `Retry-After` of the request's answer to {@link STORE_RETRY_AFTER_S}. */
export function setStoreRetryAfter(c: Context): void {
  c.header("Retry-After", String(STORE_RETRY_AFTER_S));
}
