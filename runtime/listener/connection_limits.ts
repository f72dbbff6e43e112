/** What an open connection may cost: how many there are, and how long each may take for what. */

/** Open connections at most, where `MAX_CONNECTIONS` is not set. */
export const DEFAULT_MAX_CONNECTIONS = 700;

/**
 * File descriptors that the process needs beside its connections: the database and its log, a socket for each call
 * to a provider, the standard streams.
 */
export const RESERVED_DESCRIPTORS = 200;

/** Connections that are left for other requests while requests for events (long polls of `GET /v2/events`) wait. */
export const FREE_CONNECTIONS = 100;

/**
 * Returns how many requests for events may wait in a process: `maxConnections` less {@link FREE_CONNECTIONS}, but at
 * least half of `maxConnections`.
 */
export function waitsFor(maxConnections: number): number {
  return Math.max(maxConnections - FREE_CONNECTIONS, Math.ceil(maxConnections / 2));
}

/** How long each step of a connection may take, in milliseconds; then the connection is closed. */
export interface ConnectionTimeouts {
  /** From the first byte of a request, or the opening of a connection, until its head is complete. */
  readonly headMs: number;
  /** From the first byte of a request until its body is complete. */
  readonly requestMs: number;
  /** Between two requests on one connection. */
  readonly keepAliveMs: number;
  /** Between two chunks of a body, while the server wants to read on. */
  readonly bodyChunkMs: number;
  /** How long a body may come slower than `leastBodyRate`, counted only while the server wants to read on. */
  readonly slowBodyMs: number;
  /** The least bytes per second of a body, on average over all the time for which the server has wanted to read it. */
  readonly leastBodyRate: number;
  /**
   * How long a connection is spared when connections are over the limit: one that has waited for less is closed only if
   * none has waited for so long. Otherwise a new connection, or one that was just answered, would be closed for the
   * next one.
   */
  readonly undisturbedMs: number;
  /** How long a client may take no byte of an answer that waits to be sent. */
  readonly answerChunkMs: number;
  /** How often the timeouts are checked: each may be exceeded by up to this time. */
  readonly checkMs: number;
}

/** The timeouts of a deployment. Reverse proxies keep idle connections for 60 s, so Hark keeps them longer. */
export const CONNECTION_TIMEOUTS: ConnectionTimeouts = {
  headMs: 10_000,
  requestMs: 300_000,
  keepAliveMs: 65_000,
  bodyChunkMs: 15_000,
  slowBodyMs: 10_000,
  leastBodyRate: 1_000,
  undisturbedMs: 1_000,
  answerChunkMs: 30_000,
  checkMs: 1_000,
};
