/** Lengths of time, in milliseconds. */
export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
/** A day of 24 hours, in milliseconds, as UTC has them; a local day may be longer or shorter. */
export const DAY_MS = 24 * HOUR_MS;
