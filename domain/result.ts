/**
 * Expected refusals are values: a function that can refuse returns a `Result`, and throws only for a bug.
 */
export type Result<T, R> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: R };

/** Makes the `Result` of success. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** Makes the `Result` of a refusal: `refusal` tells the reason, and the data that a message needs. */
export function refuse<R>(refusal: R): { readonly ok: false; readonly refusal: R } {
  return { ok: false, refusal };
}
