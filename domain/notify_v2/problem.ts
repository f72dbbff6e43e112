import type { PhoneNumber } from "../recipient/phone.ts";

/** One problem of a body or a query, as in the answer's `errors`. */
export interface ValidationProblem {
  readonly error: "ValidationError";
  readonly message: string;
}

/** What the validation of a body or query depends on, besides the body or query. */
export interface ValidationContext {
  /** Epoch milliseconds. */
  readonly now: number;
  /** ISO 3166 code (two letters) of the country that telephone numbers without a country code belong to. */
  readonly country: string;
  /**
   * How many days of 24 hours ahead a notification can be scheduled, with the time zone of `scheduled_for` respected.
   * `undefined` for GOV.UK Notify's rule: 24 hours, and the zone is ignored.
   */
  readonly scheduleDays: number | undefined;
  /** Called with the number that a valid telephone number was read as. */
  readonly onPhone?: ((number: PhoneNumber) => void) | undefined;
}
