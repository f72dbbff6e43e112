/** The Durable Object class `InboxListeners`: the WebSockets of a shard of inboxes. */
import { NOTIFIED, readChangedInboxes } from "../../adapters/durable_objects/inbox_objects.ts";
import { runInvocation } from "../../adapters/invocation/invocation.ts";
import { createSecurityLog } from "../../application/access/security_log.ts";
import { errorName } from "../../domain/text/error_name.ts";
import { MINUTE_MS } from "../../domain/time/durations.ts";
import { CLOSE } from "../../routes/registry/inbox/listeners/limits.ts";
import type { InboxListeners } from "../../routes/registry/inbox/listeners/listeners.ts";
import type { ListenerSocket } from "../../routes/registry/inbox/listeners/socket_state.ts";
import { readSocketPath } from "../../routes/registry/inbox/socket_path.ts";
import { writeLog } from "../log.ts";
import type { createWorker, WorkerEnvironment } from "../worker.ts";
import { type AlarmStorage, createObjectAlarm, type ObjectAlarm } from "./object_alarm.ts";
import { unavailableInboxes } from "./unavailable_inboxes.ts";

/** The Worker of the isolate, as far as its objects use it. */
type IsolateWorker = Pick<ReturnType<typeof createWorker>, "loadApplication" | "newInvocation">;

/** The part of a Durable Object's state that is used (developers.cloudflare.com/durable-objects/api/state). */
interface ObjectState {
  acceptWebSocket(socket: ListenerSocket): void;
  getWebSockets(): readonly ListenerSocket[];
  setWebSocketAutoResponse(pair: object): void;
  waitUntil(work: Promise<unknown>): void;
  readonly storage: AlarmStorage;
}

declare const WebSocketPair: new () => { readonly 0: object; readonly 1: ListenerSocket };
declare const WebSocketRequestResponsePair: new (request: string, response: string) => object;

/** How long a client that is refused a socket should wait, in seconds. */
const RETRY_AFTER_S = 30;

/** How long after a failed alarm the next one comes, in milliseconds. */
const ALARM_RETRY_MS = MINUTE_MS;

/**
 * Defines the class of the objects that keep WebSockets of inboxes. An object loads the application at its first event,
 * also at the first one after hibernation or after the end of its isolate. `fetch` and the handlers of events never reject:
 * failures are logged, and answered 503 or by closing the socket.
 */
export function defineInboxListeners({ loadApplication, newInvocation }: IsolateWorker) {
  return class InboxListenersObject {
    readonly #state: ObjectState;
    readonly #env: WorkerEnvironment;
    #listeners: Promise<InboxListeners> | undefined;
    readonly #alarm: ObjectAlarm;

    constructor(state: ObjectState, env: WorkerEnvironment) {
      this.#state = state;
      this.#env = env;
      this.#alarm = createObjectAlarm(state.storage);
    }

    /** Opens a WebSocket (101), or takes the names of inboxes that have changed (204). */
    async fetch(request: Request): Promise<Response> {
      try {
        const names = await readChangedInboxes(request);
        // The caller asks for the class only.
        if (names?.length === 0) return new Response(null, { status: NOTIFIED });
        return await this.#run((listeners) => this.#answer(listeners, request, names));
      } catch (error) {
        this.#logFailure(error);
        return unavailableInboxes("The inboxes are unavailable.\n", RETRY_AFTER_S);
      }
    }

    async webSocketMessage(socket: ListenerSocket, message: unknown): Promise<void> {
      try {
        await this.#run((listeners) => listeners.receive(socket, message));
      } catch (error) {
        this.#logFailure(error);
        socket.close(...CLOSE.tryAgain);
      }
    }

    async webSocketClose(socket: ListenerSocket): Promise<void> {
      // Completes the closing handshake, which the platform does by itself from a later compatibility date on.
      socket.close(1000, "");
      const listeners = await this.#listeners?.catch(() => undefined);
      listeners?.forget(socket);
    }

    async webSocketError(socket: ListenerSocket): Promise<void> {
      const listeners = await this.#listeners?.catch(() => undefined);
      listeners?.forget(socket);
    }

    /** Runs what is due. A failed alarm is set again while sockets are open: the platform gives up after six retries. */
    async alarm(): Promise<void> {
      this.#alarm.rang();
      try {
        await this.#run((listeners) => listeners.alarm());
      } catch (error) {
        this.#logFailure(error);
        if (this.#state.getWebSockets().length === 0) return;
        await this.#alarm.wakeAt(Date.now() + ALARM_RETRY_MS);
      }
    }

    /** Logs why the application could not be loaded, such as a database that is unavailable. */
    #logFailure(error: unknown): void {
      writeLog({ event: "stream-failed", error: errorName(error) });
    }

    #answer(
      listeners: InboxListeners,
      request: Request,
      names: readonly string[] | undefined,
    ): Response {
      if (names !== undefined) {
        // The caller's work does not wait for the reads.
        this.#state.waitUntil(listeners.notify(names));
        return new Response(null, { status: NOTIFIED });
      }
      const shard = readSocketPath(new URL(request.url).pathname);
      if (shard === undefined) return new Response(null, { status: 404 });
      if (!listeners.hasRoom()) {
        return unavailableInboxes("Too many sockets are open.\n", RETRY_AFTER_S);
      }
      const { 0: webSocket, 1: socket } = new WebSocketPair();
      this.#state.acceptWebSocket(socket);
      listeners.accept(socket, shard, request.headers.get("CF-Connecting-IP") ?? undefined);
      const upgrade = { status: 101, webSocket };
      return new Response(null, upgrade);
    }

    /** Runs the work of one event. */
    #run<T>(work: (listeners: InboxListeners) => T | Promise<T>): Promise<T> {
      return runInvocation(
        newInvocation("event", this.#env),
        async () => await work(await this.#load()),
      );
    }

    #load(): Promise<InboxListeners> {
      const loading = this.#listeners ??= this.#open();
      loading.catch(() => {
        if (this.#listeners === loading) this.#listeners = undefined;
      });
      return loading;
    }

    async #open(): Promise<InboxListeners> {
      const { openInboxListeners } = await import("./open_inbox_listeners.ts");
      return openInboxListeners(await loadApplication(this.#env), {
        log: writeLog,
        securityLog: createSecurityLog(Date.now, writeLog),
        answerPings: (ping, pong) =>
          this.#state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(ping, pong)),
        sockets: () => this.#state.getWebSockets(),
        wakeAt: (time) => this.#alarm.wakeAt(time),
        after(ms, work) {
          // A timer keeps the object in memory.
          const timer = setTimeout(work, ms);
          return () => clearTimeout(timer);
        },
      });
    }
  };
}
