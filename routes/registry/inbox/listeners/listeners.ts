/** The WebSockets of a shard of inboxes, in the Durable Object that is notified of the changes of those inboxes. */
import type { SecurityLog } from "../../../../application/access/security_log.ts";
import type { SecurityEvent } from "../../../../domain/access/security_event.ts";
import { errorName } from "../../../../domain/text/error_name.ts";
import type { ServiceId } from "../../../../domain/ids.ts";
import type { InboxRef } from "../../../../domain/inbox/inbox_message.ts";
import { inboxName, shardOf } from "../../../../domain/inbox/inbox_shards.ts";
import type { Clock } from "../../../../domain/ports/clock.ts";
import type { InboxStore } from "../../../../domain/ports/inbox_store.ts";
import type { Log } from "../../../../domain/ports/log.ts";
import { toSecurityEntry } from "../../../http/request_log.ts";
import type { AccessTokenAuth } from "../../access_token_auth.ts";
import type { Presenter } from "../present.ts";
import { MAX_STREAMS_PER_RECIPIENT } from "../stream_limit.ts";
import { type FirstMessage, parseFirstMessage } from "./first_message.ts";
import {
  CLOSE,
  FIRST_MESSAGE_MS,
  MAX_FIRST_MESSAGE_LENGTH,
  MAX_READS_AT_ONCE,
  MAX_SOCKETS,
  MAX_WAITING_SOCKETS,
  RESUME_MS,
} from "./limits.ts";
import { createListenedInbox, type ListenedInbox } from "./listened_inbox.ts";
import { type ListenerSocket, readState, type WaitingSocket } from "./socket_state.ts";

/** `WebSocket.OPEN`. */
const OPEN = 1;

/** The dependencies of {@link createInboxListeners}. */
export interface ListenerPorts {
  readonly accessTokenAuth: Pick<AccessTokenAuth, "authenticatePerson">;
  readonly clock: Pick<Clock, "now" | "random" | "newId">;
  readonly inboxes: Pick<InboxStore, "changesSince">;
  readonly log: Log;
  /** Creates the presenter of a client's language. */
  readonly presenterOf: (language: string) => Promise<Presenter>;
  readonly securityLog: SecurityLog;
  /** The service whose messages the inboxes hold. */
  readonly serviceId: ServiceId;
}

/** The object that the sockets belong to. */
export interface ListenerHost {
  /** All sockets that are open, also those that were accepted before the object was last in memory. */
  sockets(): readonly ListenerSocket[];
  /** Has {@link InboxListeners.alarm} called at `time` (epoch milliseconds) at the latest. */
  wakeAt(time: number): Promise<void>;
  /** Stays in memory, and then runs the work. @returns a function that cancels it */
  after(ms: number, work: () => void): () => void;
}

/** The sockets of one object. */
export interface InboxListeners {
  /** Whether the object has room for another socket. */
  hasRoom(): boolean;
  /**
   * Begins to wait for the first message of a socket.
   *
   * @param client its address, for the log
   */
  accept(socket: ListenerSocket, shard: number, client: string | undefined): void;
  /** Reads a message of a client. Never rejects. */
  receive(socket: ListenerSocket, message: unknown): Promise<void>;
  /** Forgets a socket that has been closed. */
  forget(socket: ListenerSocket): void;
  /** Reads the inboxes of these names (`inboxName`) that have sockets, and sends them the changes. Never rejects. */
  notify(names: readonly string[]): Promise<void>;
  /** Closes sockets whose tokens have ended, and reads inboxes that were not read for long. */
  alarm(): Promise<void>;
}

/**
 * Creates the listeners of an object over its sockets, which outlive the object's time in memory. Every socket gets the
 * events and numbers of the inbox's stream (`GET …/inbox/stream`), as parts of that stream's text.
 */
export function createInboxListeners(ports: ListenerPorts, host: ListenerHost): InboxListeners {
  const { clock, log, serviceId } = ports;
  const inboxes = new Map<string, ListenedInbox>();
  const inboxOfSocket = new Map<ListenerSocket, ListenedInbox>();
  /** The inboxes without a socket, oldest first, and since when. */
  const left = new Map<string, number>();
  /** The sockets whose first message has not come, each with the function that cancels its end. */
  const waiting = new Map<ListenerSocket, () => void>();
  /** The sockets whose token is being verified, which may wait for the keys of its issuer. */
  const joining = new Set<ListenerSocket>();
  const inboxPorts = {
    ...ports,
    onFailure(sockets: readonly ListenerSocket[], error: unknown) {
      // The clients connect again with the sequence numbers of their last events.
      log({ event: "stream-failed", error: errorName(error) });
      for (const socket of sockets) close(socket, CLOSE.tryAgain);
    },
  };

  function open(inbox: InboxRef, known: ListenedInbox["known"]): ListenedInbox {
    const name = inboxName(inbox);
    const listened = inboxes.get(name) ?? createListenedInbox(inboxPorts, inbox, known);
    inboxes.set(name, listened);
    left.delete(name);
    return listened;
  }

  function close(socket: ListenerSocket, [code, reason]: readonly [number, string]): void {
    forget(socket);
    try {
      socket.close(code, reason);
    } catch {
      // It is closed.
    }
  }

  function forget(socket: ListenerSocket): void {
    stopWaiting(socket);
    const listened = inboxOfSocket.get(socket);
    inboxOfSocket.delete(socket);
    if (listened === undefined) return;
    listened.followers.delete(socket);
    if (listened.followers.size === 0) left.set(inboxName(listened.inbox), clock.now());
  }

  /** Forgets the inboxes that had no socket for {@link RESUME_MS}. */
  function forgetLeft(): void {
    for (const [name, since] of left) {
      if (since > clock.now() - RESUME_MS) break;
      left.delete(name);
      inboxes.delete(name);
    }
  }

  function awaitFirst(socket: ListenerSocket, until: number): void {
    const ms = Math.max(0, until - clock.now());
    waiting.set(socket, host.after(ms, () => close(socket, CLOSE.late)));
  }

  /** @returns whether the socket waited */
  function stopWaiting(socket: ListenerSocket): boolean {
    waiting.get(socket)?.();
    return waiting.delete(socket);
  }

  function note(event: SecurityEvent, { requestId, client }: WaitingSocket): void {
    ports.securityLog.write(toSecurityEntry(event, { requestId, serviceId }, client));
  }

  async function join(
    socket: ListenerSocket,
    state: WaitingSocket,
    { token, language, since }: FirstMessage,
  ): Promise<void> {
    joining.add(socket);
    const authenticated = await ports.accessTokenAuth.authenticatePerson(token)
      .finally(() => joining.delete(socket));
    if (!authenticated.ok) {
      const { problem, reason } = authenticated.refusal;
      if (reason !== undefined) {
        const credential = { kind: "credential-refused", credential: "access-token" } as const;
        note({ ...credential, reason, isGuess: false }, state);
      }
      if (problem.status === 503) return close(socket, CLOSE.tryAgain);
      return close(socket, [4000 + problem.status, toReason(problem.message)]);
    }
    // It was closed meanwhile.
    if (socket.readyState !== OPEN) return;
    const { person, accessToken: { expiresAt } } = authenticated.value;
    const inbox = { serviceId, ...person };
    if (shardOf(inboxName(inbox)) !== state.shard) return close(socket, CLOSE.otherShard);
    if (expiresAt <= clock.now()) return close(socket, CLOSE.tokenEnded);
    forgetLeft();
    const listened = open(inbox, undefined);
    if (listened.followers.size >= MAX_STREAMS_PER_RECIPIENT) {
      note({ kind: "limit-reached", limit: "streams" }, state);
      return close(socket, CLOSE.tooMany);
    }
    listened.followers.set(socket, {
      socket,
      language,
      expiresAt,
      sequence: since,
      count: undefined,
      pages: 0,
    });
    inboxOfSocket.set(socket, listened);
    await listened.update();
    await host.wakeAt(Math.min(expiresAt, listened.known?.pollAt ?? expiresAt));
  }

  /** Closes the sockets of an inbox whose tokens have ended: the alarm may be late. */
  function closeEnded({ followers }: ListenedInbox): void {
    for (const { socket, expiresAt } of [...followers.values()]) {
      if (expiresAt <= clock.now()) close(socket, CLOSE.tokenEnded);
    }
  }

  /** Brings the followers of several inboxes up to date. */
  async function updateAll(changed: readonly ListenedInbox[]): Promise<void> {
    const rest = [...changed];
    await Promise.all(Array.from({ length: MAX_READS_AT_ONCE }, async () => {
      for (let next = rest.pop(); next !== undefined; next = rest.pop()) await next.update();
    }));
  }

  for (const socket of host.sockets()) {
    if (socket.readyState !== OPEN) continue;
    const state = readState(socket);
    if (state?.kind === "waiting") awaitFirst(socket, state.until);
    if (state?.kind !== "listening") continue;
    const { inbox, language, expiresAt, known } = state;
    const listened = open(inbox, known);
    // One that was behind another is read once more.
    if (listened.known?.sequence !== known.sequence) listened.change();
    const { sequence, count } = known;
    const follower = { socket, language, expiresAt, sequence, count, pages: 0 };
    listened.followers.set(socket, follower);
    inboxOfSocket.set(socket, listened);
  }

  return {
    hasRoom() {
      const unknown = waiting.size + joining.size;
      return unknown < MAX_WAITING_SOCKETS && unknown + inboxOfSocket.size < MAX_SOCKETS;
    },
    accept(socket, shard, client) {
      const until = clock.now() + FIRST_MESSAGE_MS;
      const requestId = clock.newId();
      socket.serializeAttachment({ kind: "waiting", shard, until, requestId, client });
      awaitFirst(socket, until);
    },
    async receive(socket, message) {
      if (typeof message !== "string") return close(socket, CLOSE.binary);
      if (message.length > MAX_FIRST_MESSAGE_LENGTH) return close(socket, CLOSE.tooBig);
      const state = readState(socket);
      // A socket whose first message is being answered has the state still.
      if (state?.kind !== "waiting" || !stopWaiting(socket)) {
        return close(socket, CLOSE.unexpected);
      }
      const first = parseFirstMessage(message);
      if (first === undefined) return close(socket, CLOSE.invalid);
      try {
        await join(socket, state, first);
      } catch (error) {
        inboxPorts.onFailure([socket], error);
      }
    },
    forget,
    async notify(names) {
      const changed = names.flatMap((name) => inboxes.get(name) ?? []);
      for (const listened of changed) {
        listened.change();
        closeEnded(listened);
        // Its next client's connection reads it.
        if (listened.followers.size === 0) inboxes.delete(inboxName(listened.inbox));
      }
      await updateAll(changed.filter(({ followers }) => followers.size > 0));
    },
    async alarm() {
      const now = clock.now();
      for (const listened of inboxes.values()) closeEnded(listened);
      forgetLeft();
      const open = () => [...inboxes.values()].filter(({ followers }) => followers.size > 0);
      const due = open().filter(({ known }) => known === undefined || known.pollAt <= now);
      for (const listened of due) listened.change();
      await updateAll(due);
      const times = open().flatMap(({ followers, known }) => [
        ...known === undefined ? [] : [known.pollAt],
        ...Array.from(followers.values(), ({ expiresAt }) => expiresAt),
      ]);
      if (times.length > 0) await host.wakeAt(times.reduce((a, b) => Math.min(a, b)));
    },
  };
}

/** The longest reason of a close, in bytes (RFC 6455, 5.5). Reasons are ASCII. */
const MAX_REASON_LENGTH = 123;

function toReason(message: string): string {
  return message.slice(0, MAX_REASON_LENGTH);
}
