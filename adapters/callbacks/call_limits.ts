/** The limits of one call to an endpoint of callbacks. */

/** The timeout of a call, in milliseconds, from the look-up of the host name to the end of the answer's body. */
export const CALL_TIMEOUT_MS = 10_000;
/**
 * The most bytes of an answer's body that are read. At a longer body the connection is closed, and the call has the
 * answer's status all the same.
 */
export const MAX_ANSWER_BYTES = 64 * 1024;
/**
 * The most bytes of an answer's head, interim answers included. A longer one is no valid answer. The lines between the
 * chunks of a body count too.
 */
export const MAX_HEAD_BYTES = 16 * 1024;
/** How long a connection is kept for a further call, in milliseconds: most servers close it after 5 seconds. */
export const IDLE_CONNECTION_MS = 4_000;
/** The most connections that are kept for one host. */
export const MAX_IDLE_CONNECTIONS = 16;
