/** The limits of one call to an endpoint of callbacks. */

/** The timeout of a call, in milliseconds, from the look-up of the host name to the end of the answer's body. */
export const CALL_TIMEOUT_MS = 10_000;
/**
 * The most bytes of an answer's body that are read. At a longer body the connection is closed, and the call has the
 * answer's status all the same.
 */
export const MAX_ANSWER_BYTES = 64 * 1024;
