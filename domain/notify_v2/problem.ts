import type { PhoneNumber } from "../recipient/phone.ts";

/** One problem of a body or a query, as in the answer's `errors`. */
export interface ValidationProblem {
  readonly error: "ValidationError";
  readonly message: string;
}

/** The context of a validation. */
export interface ValidationContext {
  /** Epoch milliseconds. */
  readonly now: number;
  /** ISO 3166 code of the country in which telephone numbers are read. */
  readonly country: string;
  /**
   * How many days ahead a notification can be scheduled, by the zone of its time; `undefined` for GOV.UK Notify's rule.
   */
  readonly scheduleDays: number | undefined;
  /** Called with the number that a valid telephone number was read as. */
  readonly onPhone?: ((number: PhoneNumber) => void) | undefined;
}
