/** Listeners of inboxes over sockets, a store and an object that the test controls. */
import { createClock } from "../../../../adapters/clock.ts";
import type { ServiceId } from "../../../../domain/ids.ts";
import { INBOX_SHARDS, inboxName, shardOf } from "../../../../domain/inbox/inbox_shards.ts";
import type { InboxRef } from "../../../../domain/inbox/inbox_message.ts";
import type { LogEntry } from "../../../../domain/ports/log.ts";
import { ok, refuse } from "../../../../domain/result.ts";
import { createAccessTokenAuth } from "../../../../routes/registry/access_token_auth.ts";
import {
  createInboxListeners,
  type InboxListeners,
  type ListenerPorts,
} from "../../../../routes/registry/inbox/listeners/listeners.ts";
import type { ListenerSocket } from "../../../../routes/registry/inbox/listeners/socket_state.ts";
import { createPresenter } from "../../../../routes/registry/inbox/present.ts";
import { HOUR, NOON } from "../../support.ts";

const SERVICE = "00000000-0000-4000-8000-000000000001" as ServiceId;

/** The inbox of a person. */
export const inboxOf = (recipientId: string): InboxRef => ({ serviceId: SERVICE, recipientId });
/** The shard of a person's inbox. */
export const shardOfPerson = (recipientId: string): number =>
  shardOf(inboxName(inboxOf(recipientId)));

/** A server's end of a socket, which notes what it was sent. */
export class TestSocket implements ListenerSocket {
  readyState = 1;
  readonly sent: string[] = [];
  closed: readonly [number, string] | undefined;
  attachment: unknown = null;

  send(text: string): void {
    if (this.readyState !== 1) throw new TypeError("the socket is closed");
    this.sent.push(text);
  }

  close(code: number, reason: string): void {
    this.readyState = 3;
    this.closed ??= [code, reason];
  }

  serializeAttachment(state: unknown): void {
    this.attachment = structuredClone(state);
  }

  deserializeAttachment(): unknown {
    return structuredClone(this.attachment);
  }

  /** Returns the lines of data that were sent since the last call, each with its event and id. */
  events(): readonly string[] {
    return this.sent.splice(0).join("").split("\n\n").flatMap((block) => {
      const [, id = "", event = "", data = ""] =
        /^(?:id: (\d+)\n)?event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      return event === "" ? [] : [`${id} ${event} ${data}`];
    });
  }
}

/** An object with sockets, over a store of counts. */
export interface TestObject {
  readonly clock: { advance(ms: number): void; now(): number };
  readonly logged: readonly LogEntry[];
  readonly shard: number;
  /** How often the store was read. */
  reads(): number;
  /** The listeners in memory. */
  listeners(): InboxListeners;
  /** Opens a socket, and sends its first message unless `message` is `null`. */
  connect(
    person: string,
    options?: { readonly message?: unknown; readonly lastEventId?: string },
  ): Promise<TestSocket>;
  /** Adds messages to a person's inbox, and notifies the object unless the call is lost. */
  put(person: string, count?: number, isLost?: boolean): Promise<void>;
  /** Makes the next read wait until the returned function is called. */
  holdNext(): () => void;
  /** Makes the next read fail. */
  failNext(): void;
  /** Takes the listeners out of memory; the sockets stay. */
  hibernate(): void;
  /** Moves the time, and runs the alarms and timers that are due. */
  advance(ms: number): Promise<void>;
}

/** Tokens are `person` or `person/until`; `bad`, `none` and `down` are refused. */
async function verify(token: string | undefined, now: number): Promise<AccessTokenResult> {
  const [, recipientId = "", until = ""] = /^([^/]*)(?:\/(\d+))?$/.exec(token ?? "") ?? [];
  await Promise.resolve();
  if (recipientId === "bad") return refuse({ kind: "token-not-valid", because: "signature" });
  if (recipientId === "down") return refuse({ kind: "keys-unreachable" });
  const expiresAt = until === "" ? NOON + 24 * HOUR : Number(until);
  if (expiresAt <= now) return refuse({ kind: "token-not-valid", because: "expired" });
  const realm = recipientId === "none" ? { realm: null } : {};
  return ok({ recipientId, ...realm, roles: [], drfo: undefined, expiresAt });
}

type AccessTokenResult = Awaited<
  ReturnType<Parameters<typeof createAccessTokenAuth>[0]["verify"]>
>;

/** Creates an object of the shard of `person`. */
export function startObject(person = "ann"): TestObject {
  let now = NOON;
  const clock = { ...createClock(() => now), random: () => 0.5 };
  const counts = new Map<string, number>();
  const logged: LogEntry[] = [];
  const sockets: TestSocket[] = [];
  const timers = new Map<symbol, { readonly at: number; readonly work: () => void }>();
  let alarmAt = Infinity;
  let reads = 0;
  let before: () => Promise<void> = () => Promise.resolve();
  const ports: ListenerPorts = {
    accessTokenAuth: createAccessTokenAuth({ verify }, clock),
    clock,
    inboxes: {
      async changesSince({ recipientId }, since, limit) {
        reads++;
        const wait = before;
        before = () => Promise.resolve();
        await wait();
        const total = counts.get(recipientId) ?? 0;
        const to = since === undefined ? total : Math.min(total, since + limit);
        return {
          sequence: to,
          count: { total, unread: 0 },
          changes: Array.from({ length: Math.max(0, to - (since ?? to)) }, (_, at) => ({
            kind: "all-acknowledged",
            sequence: (since ?? 0) + at + 1,
          })),
          more: to < total,
        };
      },
    },
    log: (entry) => logged.push(entry),
    presenterOf: (language) => Promise.resolve(createPresenter(language, "uk", "html")),
    securityLog: { write: (entry) => logged.push(entry), flush() {} },
    serviceId: SERVICE,
  };
  const open = () =>
    createInboxListeners(ports, {
      sockets: () => sockets.filter(({ readyState }) => readyState === 1),
      wakeAt(time) {
        alarmAt = Math.min(alarmAt, time);
        return Promise.resolve();
      },
      after(ms, work) {
        const id = Symbol();
        timers.set(id, { at: now + ms, work });
        return () => timers.delete(id);
      },
    });
  const shard = shardOfPerson(person);
  let listeners = open();
  return {
    clock: { ...clock, advance: (ms) => void (now += ms) },
    logged,
    shard,
    reads: () => reads,
    listeners: () => listeners,
    async connect(person, { message, lastEventId } = {}) {
      const socket = new TestSocket();
      sockets.push(socket);
      listeners.accept(socket, shard, "192.0.2.1");
      if (message === null) return socket;
      const first = {
        token: person,
        language: "uk",
        ...lastEventId === undefined ? {} : { lastEventId },
      };
      await listeners.receive(socket, message ?? JSON.stringify(first));
      return socket;
    },
    async put(person, count = 1, isLost = false) {
      counts.set(person, (counts.get(person) ?? 0) + count);
      if (!isLost) await listeners.notify([inboxName(inboxOf(person))]);
    },
    holdNext() {
      const held = Promise.withResolvers<void>();
      before = () => held.promise;
      return held.resolve;
    },
    failNext() {
      before = () => Promise.reject(new Error("ann could not be read"));
    },
    hibernate() {
      timers.clear();
      listeners = open();
    },
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        const timer = [...timers].toSorted(([, a], [, b]) => a.at - b.at)[0];
        const at = Math.min(alarmAt, timer?.[1].at ?? Infinity);
        if (at > end) break;
        now = Math.max(now, at);
        if (timer?.[1].at === at) {
          timers.delete(timer[0]);
          timer[1].work();
        } else {
          alarmAt = Infinity;
          await listeners.alarm();
        }
      }
      now = end;
    },
  };
}

/** People whose inboxes are in the shard, in order. */
export function peopleOf(shard: number, count: number): readonly string[] {
  const people: string[] = [];
  for (let at = 0; people.length < count; at++) {
    if (shardOfPerson(`person-${at}`) === shard) people.push(`person-${at}`);
  }
  return people;
}

/** Every shard. */
export const SHARDS = Array.from({ length: INBOX_SHARDS }, (_, shard) => shard);
