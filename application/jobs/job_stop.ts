/**
 * Why a worker stops before it has accepted all rows of its chunk of a job. `ended` ends the whole job with that
 * status; `error` is a code such as `service-archived`, or `phone-not-valid:12` for an error in row 12.
 */
export type JobStop =
  | { readonly kind: "ended"; readonly status: "error"; readonly error: string }
  | { readonly kind: "ended"; readonly status: "sending limits exceeded"; readonly error: null }
  /** The chunk is released and claimed again: the service changed, or another worker accepted a row. */
  | { readonly kind: "retry" };

/** The stop that ends a job because the service's daily limit is used up. */
export const LIMIT_EXCEEDED: JobStop = {
  kind: "ended",
  status: "sending limits exceeded",
  error: null,
};

/** Returns the stop that ends a job with the status `error` and this error code. It writes nothing itself. */
export function failJob(error: string): JobStop {
  return { kind: "ended", status: "error", error };
}
