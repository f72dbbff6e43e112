/** The limits of one call to an endpoint of callbacks. */

/** How long a call takes at most, in milliseconds, from the look-up of the name to the end of the answer's body. */
export const CALL_TIMEOUT_MS = 10_000;
/** How much of an answer's body is read, in bytes. Of a longer one the connection is closed. */
export const MAX_ANSWER_BYTES = 64 * 1024;
