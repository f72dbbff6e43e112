/** The limits of one call to an endpoint of callbacks. */

/** The timeout of a call, in milliseconds, from the look-up of the host name to the end of the answer's body. */
export const CALL_TIMEOUT_MS = 10_000;
/** The share of a call's timeout in which its connection must open, from the look-up to the end of TLS's handshake. */
export const OPENING_SHARE = 0.9;
/**
 * The most bytes of an answer's body that are read. At a longer body the connection is closed, and the call has the
 * answer's status all the same.
 */
export const MAX_ANSWER_BYTES = 64 * 1024;
/** The most bytes of the headers of an answer. An answer with more is not valid. */
export const MAX_HEAD_BYTES = 16 * 1024;
/** The most interim answers (1xx) before an answer. An answer after more is not valid. */
export const MAX_INTERIM_ANSWERS = 16;
/** How long a connection is kept for a further call, in milliseconds: most servers close it after 5 seconds. */
export const IDLE_CONNECTION_MS = 4_000;
/** The most connections to one host and port, of callbacks that share it. Further calls wait for one. */
export const MAX_CONNECTIONS = 256;
