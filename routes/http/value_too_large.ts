/** The answer of every API, each in its own error format, to a value that the store cannot hold. */
import { ValueTooLarge } from "../../domain/ports/value_too_large.ts";

/** The message of an answer 413 because the store cannot hold a value. */
export const VALUE_TOO_LARGE_MESSAGE =
  "A value of the request is too large for the database of this server. Nothing was changed";

/** Whether a request failed because the store cannot hold one of its values. */
export function isValueTooLarge(error: Error): error is ValueTooLarge {
  return error instanceof ValueTooLarge;
}
