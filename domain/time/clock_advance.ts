/** The bounds within which development's clock can be moved. */
import { DAY_MS, SECOND_MS } from "./durations.ts";

/** The most seconds by which one request moves the clock: 31 days. */
export const MAX_ADVANCE_S = 31 * DAY_MS / SECOND_MS;
/** The most that the clock can be ahead of the machine's, in milliseconds: 366 days. */
export const MAX_AHEAD_MS = 366 * DAY_MS;
