/** The limits of inbox WebSockets, and the codes that they are closed with (RFC 6455, 7.4). */
import { HOUR_MS } from "../../../../domain/time/durations.ts";
import { MAX_ACCESS_TOKEN_LENGTH } from "../../../../domain/access/access_tokens.ts";

/** The most sockets of one object. The platform allows 32,768. */
export const MAX_SOCKETS = 10_000;
/** The most sockets of one object whose token has not come or is not verified yet, so that they leave room for the others. */
export const MAX_WAITING_SOCKETS = 1_000;
/** How long a socket may be open before its first message, which has the access token. */
export const FIRST_MESSAGE_MS = 5_000;
/** The longest first message, in characters: the longest access token, and the other fields. */
export const MAX_FIRST_MESSAGE_LENGTH = MAX_ACCESS_TOKEN_LENGTH + 1_024;
/** The longest `language` of a first message, in characters: it is kept with the socket, in at most 2,048 bytes. */
export const MAX_LANGUAGE_LENGTH = 200;
/** The text that a client sends to learn whether the socket still works. A stream's heartbeat answers it. */
export const PING = "ping";
/** The most reads of the store that one object has under way. */
export const MAX_READS_AT_ONCE = 4;
/**
 * The most pages of changes that a socket is sent to catch up; a client that missed more gets `reset`. A stream waits for
 * a slow reader; a socket cannot, so that pages pile up in memory.
 */
export const MAX_CATCH_UP_PAGES = 10;
/**
 * How long an inbox without a socket is still known, so that a client that comes back with a new token costs no read.
 */
export const RESUME_MS = 30_000;
/** About how long after its last read an open inbox is read without a notice of a change: a notice may have been lost. */
export const SAFETY_POLL_MS = 2 * HOUR_MS;

/** What a socket is closed with, besides 4000 and the status of a refused token. */
export const CLOSE = {
  binary: [1003, "send text"],
  unexpected: [1008, "only one message is read, the first"],
  tooBig: [1009, "the message is too big"],
  tryAgain: [1013, "try again later"],
  invalid: [4400, 'the first message must be JSON: {"token", "language", "lastEventId"}'],
  tokenEnded: [4401, "the access token has ended"],
  late: [4408, "no access token came in time"],
  otherShard: [4421, "the inbox is at another address: open its stream"],
  tooMany: [4429, "too many sockets of this inbox are open"],
} as const satisfies Readonly<Record<string, readonly [code: number, reason: string]>>;
