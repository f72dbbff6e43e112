/** One reason why a body or a query is not taken, as it stands in the answer's `errors`. */
export interface ValidationProblem {
  readonly error: "ValidationError";
  readonly message: string;
}

/** What a validation may depend on besides the value itself. */
export interface ValidationContext {
  /** Epoch milliseconds. */
  readonly now: number;
  /** ISO 3166 code of the country in which telephone numbers are read. */
  readonly country: string;
  /** How many days ahead a notification can be scheduled, by its time's zone; `undefined`: by the peer's rule. */
  readonly scheduleDays: number | undefined;
}
