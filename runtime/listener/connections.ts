/**
 * The open connections of a server, and which of them to close when there are too many.
 *
 * A connection is read when it is needed, not followed byte by byte: its socket counts bytes by itself.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How many requests of one connection may wait for their answers; HTTP/1.1 lets a client send the next ones early. */
export const MAX_UNANSWERED_REQUESTS = 4;

/** What an open connection is doing, in the order in which connections are evicted that have waited a while. */
const WAITING_STATES = ["idle", "no-byte", "half-head", "half-body"] as const;
export type WaitingState = typeof WAITING_STATES[number];
export type ConnectionState = WaitingState | "served";

/**
 * A connection that was closed because there were too many, or because it took too long or sent too many requests early
 * (`pipelined`). `refused`: it was the new one, and all others were being served.
 */
export interface ShedConnection {
  readonly reason: WaitingState | "refused" | "body-timeout" | "answer-timeout" | "pipelined";
  /** The address of the client, or of the proxy before it. */
  readonly address: string | undefined;
}

interface Connection {
  readonly socket: Socket;
  /** Requests that have arrived and are not answered. */
  unanswered: number;
  request: IncomingMessage | undefined;
  response: ServerResponse | undefined;
  /** When its last complete request was answered, or it was opened, in milliseconds. */
  waitingSince: number;
  /** What the socket had received at {@link waitingSince}. */
  receivedBefore: number;
  hasServed: boolean;
  /**
   * For how long the server has wanted to read the body that comes, in milliseconds, and what had been received before.
   */
  reading: { ms: number; readonly receivedBefore: number };
  /** What had been received and sent at the last check, and since when that has not changed. */
  progress: { readonly received: number; readonly sent: number; readonly at: number };
}

/** The open connections of a server. */
export interface Connections {
  readonly size: number;
  /**
   * Adds a new connection. Above `maxConnections`, a connection that waits for a request is closed or, when all others
   * are being served, the new one.
   */
  open(socket: Socket): void;
  /**
   * Records that the head of a request has arrived. A connection that has {@link MAX_UNANSWERED_REQUESTS} unanswered
   * requests already is closed.
   *
   * @returns whether the request is to be answered: its connection is still open
   */
  begin(request: IncomingMessage, response: ServerResponse): boolean;
  /**
   * Closes connections whose client has stopped sending a body or sends it below the least rate, or has stopped taking
   * an answer. To be called regularly.
   */
  closeStalled(): void;
  /**
   * Closes up to `count` connections that are not being served, the first to be evicted first.
   *
   * @returns how many were closed
   */
  closeWaiting(count: number): number;
  /** Closes every connection that is not being served, without a call of `onShed`: for the shutdown. */
  closeIdle(): void;
}

/** The dependencies of {@link createConnections}. */
export interface ConnectionsOptions {
  readonly maxConnections: number;
  readonly bodyChunkMs: number;
  readonly answerChunkMs: number;
  readonly slowBodyMs: number;
  readonly leastBodyRate: number;
  readonly undisturbedMs: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly onShed: (shed: ShedConnection) => void;
}

/** Creates the table of a server's open connections, which is empty. */
export function createConnections(options: ConnectionsOptions): Connections {
  const { maxConnections, bodyChunkMs, answerChunkMs, undisturbedMs, now, onShed } = options;
  const { slowBodyMs, leastBodyRate } = options;
  const connections = new Map<Socket, Connection>();
  let checkedAt = now();

  function close({ socket }: Connection, reason: ShedConnection["reason"]): void {
    onShed({ reason, address: socket.remoteAddress });
    connections.delete(socket);
    socket.destroy();
  }

  /**
   * The connection to evict. Of those that have waited for `undisturbedMs`: the longest waiting one of the first state
   * of {@link WAITING_STATES} that any is in. Where none has: the longest waiting one, whatever its state.
   */
  function findWaiting(
    except?: Socket,
  ): { connection: Connection; state: WaitingState } | undefined {
    const at = now();
    let best: { connection: Connection; state: WaitingState; rank: number } | undefined;
    for (const connection of connections.values()) {
      if (connection.socket === except) continue;
      const state = stateOf(connection);
      if (state === "served") continue;
      const isUndisturbed = at - connection.waitingSince < undisturbedMs;
      const rank = isUndisturbed ? WAITING_STATES.length : WAITING_STATES.indexOf(state);
      const isBetter = best === undefined || rank < best.rank ||
        (rank === best.rank && connection.waitingSince < best.connection.waitingSince);
      if (isBetter) best = { connection, state, rank };
    }
    return best;
  }

  return {
    get size() {
      return connections.size;
    },

    open(socket) {
      const at = now();
      const connection: Connection = {
        socket,
        unanswered: 0,
        request: undefined,
        response: undefined,
        waitingSince: at,
        receivedBefore: 0,
        hasServed: false,
        reading: { ms: 0, receivedBefore: 0 },
        progress: { received: 0, sent: 0, at },
      };
      connections.set(socket, connection);
      socket.on("close", () => connections.delete(socket));
      if (connections.size <= maxConnections) return;
      const waiting = findWaiting(socket);
      if (waiting === undefined) close(connection, "refused");
      else close(waiting.connection, waiting.state);
    },

    begin(request, response) {
      const connection = connections.get(request.socket);
      if (connection === undefined) return false;
      // The parser emits every request of a chunk before the event loop serves anyone else.
      if (connection.unanswered >= MAX_UNANSWERED_REQUESTS) {
        close(connection, "pipelined");
        return false;
      }
      connection.unanswered++;
      connection.request = request;
      connection.response = response;
      const at = now();
      connection.reading = { ms: 0, receivedBefore: request.socket.bytesRead };
      connection.progress = progressOf(connection, at);
      response.on("close", () => {
        connection.unanswered--;
        if (connection.response !== response) return;
        connection.request = undefined;
        connection.response = undefined;
        connection.hasServed = true;
        connection.waitingSince = now();
        connection.receivedBefore = connection.socket.bytesRead;
      });
      return true;
    },

    closeStalled() {
      const at = now();
      const sinceCheckMs = at - checkedAt;
      checkedAt = at;
      for (const connection of connections.values()) {
        const { socket, request, response, reading, progress } = connection;
        if (request === undefined || response === undefined) continue;
        // Only while the server reads: a request may wait for its service, or a handler be busy with earlier chunks.
        const isReading = !request.complete && request.readableFlowing === true;
        if (isReading) {
          reading.ms += sinceCheckMs;
          const received = socket.bytesRead - reading.receivedBefore;
          const isSlow = received * 1_000 < reading.ms * leastBodyRate;
          if (isSlow && reading.ms > slowBodyMs) {
            close(connection, "body-timeout");
            continue;
          }
        }
        if (socket.bytesRead !== progress.received || socket.bytesWritten !== progress.sent) {
          connection.progress = progressOf(connection, at);
          continue;
        }
        const stalledMs = at - progress.at;
        if (isReading && stalledMs > bodyChunkMs) {
          close(connection, "body-timeout");
        } else if (response.writableLength > 0 && stalledMs > answerChunkMs) {
          close(connection, "answer-timeout");
        }
      }
    },

    closeWaiting(count) {
      for (let closed = 0; closed < count; closed++) {
        const waiting = findWaiting();
        if (waiting === undefined) return closed;
        close(waiting.connection, waiting.state);
      }
      return count;
    },

    closeIdle() {
      for (const connection of connections.values()) {
        if (stateOf(connection) !== "served") connection.socket.destroy();
      }
    },
  };
}

function progressOf({ socket }: Connection, at: number): Connection["progress"] {
  return { received: socket.bytesRead, sent: socket.bytesWritten, at };
}

function stateOf(connection: Connection): ConnectionState {
  const { socket, request, response, receivedBefore, hasServed } = connection;
  if (request !== undefined && response !== undefined) {
    return request.complete || response.headersSent ? "served" : "half-body";
  }
  if (socket.bytesRead > receivedBefore) return "half-head";
  return hasServed ? "idle" : "no-byte";
}
