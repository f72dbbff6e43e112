import type { InboxCount, InboxRef } from "../../../../domain/inbox/inbox_message.ts";

/** A WebSocket that the platform keeps while the object that accepted it is not in memory. */
export interface ListenerSocket {
  /** 1 while it is open, as of every WebSocket. */
  readonly readyState: number;
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Keeps a value with the socket: at most 2,048 bytes. */
  serializeAttachment(state: SocketState): void;
  /** Returns the value that was kept last; `null` when none was. */
  deserializeAttachment(): unknown;
}

/** What is known of an inbox: its state at the last read, and when it is read next without a notice. */
export interface KnownInbox {
  readonly sequence: number;
  readonly count: InboxCount;
  /** Epoch milliseconds. */
  readonly pollAt: number;
}

/** A socket whose first message has not come, or is being answered. */
export interface WaitingSocket {
  readonly kind: "waiting";
  /** The shard whose object the client has connected to. */
  readonly shard: number;
  /** When it is closed, in epoch milliseconds. */
  readonly until: number;
  /** For the log: the id of the request that opened it, and the client's address. */
  readonly requestId: string;
  readonly client: string | undefined;
}

/** A socket that has been sent all changes of its inbox up to `known`. */
export interface ListeningSocket {
  readonly kind: "listening";
  readonly inbox: InboxRef;
  /** As `Accept-Language`. */
  readonly language: string;
  /** The end of its access token, in epoch milliseconds. */
  readonly expiresAt: number;
  readonly known: KnownInbox;
}

/** The state that is kept with a socket. */
export type SocketState = WaitingSocket | ListeningSocket;

/** Returns the state that this version keeps with a socket; `undefined` for a socket without one. */
export function readState(socket: ListenerSocket): SocketState | undefined {
  const state = socket.deserializeAttachment();
  return isState(state) ? state : undefined;
}

/** Only {@link ListenerSocket.serializeAttachment} writes it, and a new version of the code closes all sockets. */
function isState(value: unknown): value is SocketState {
  return typeof value === "object" && value !== null && "kind" in value &&
    (value.kind === "waiting" || value.kind === "listening");
}
