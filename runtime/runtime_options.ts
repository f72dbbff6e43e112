import type { OpenSmtp } from "../adapters/providers/smtp/transport.ts";
import type { BlobStore } from "../domain/ports/blob_store.ts";
import type { MovableClock } from "../domain/ports/movable_clock.ts";
import type { Mailbox } from "../domain/ports/mailbox.ts";
import type { CallEndpoint } from "../domain/ports/callback_caller.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { LoadDevPages } from "../routes/app_ports.ts";
import type { InboxDemo } from "../routes/inbox_element/app.tsx";
import type { ServiceId } from "../domain/ids.ts";
import type { WorkQueue } from "../domain/ports/work_queue.ts";
import type { InboxRef } from "../domain/inbox/inbox_message.ts";
import type { Log } from "../domain/ports/log.ts";

/** WebSockets of inboxes that objects outside of the application keep. */
export interface InboxSockets {
  /** Notifies the inbox's object that the inbox has changed. */
  notify(inbox: InboxRef): void;
  /** Returns the path where an inbox's events come by a WebSocket; `undefined` when the objects keep none. */
  pathOf(inbox: InboxRef): string | undefined;
}

/**
 * What the application takes from its environment: a server in production or development, a Worker, or a test. A field
 * that is left out has a default, or its feature is off.
 */
export interface RuntimeOptions {
  /** The system's clock by default. */
  readonly clock?: Clock;
  /** By default the log is lines of JSON on the standard output. */
  readonly log?: Log;
  /**
   * The name of the request header in which the platform reports the client's address, which is then read from nothing
   * else. By default it is the address of the connection, or `X-Forwarded-For` from a trusted proxy.
   */
  readonly clientAddressHeader?: string;
  /**
   * Makes the HTTP calls to providers, and to the servers that publish the keys of access tokens. The global `fetch` by
   * default.
   */
  readonly fetch?: typeof fetch;
  /**
   * Makes the callbacks, the requests to the endpoints of services. By default `fetch` does, which cannot check the
   * addresses of names: for Workers.
   */
  readonly callEndpoint?: CallEndpoint;
  /** Creates connections to a mail server. Without it, no e-mail can be sent over SMTP: on Workers. */
  readonly openSmtp?: OpenSmtp;
  /**
   * Where sandbox providers put messages, for developers to look at, instead of sending them. Its web pages are served
   * only when it is present.
   */
  readonly mailbox?: Mailbox;
  /**
   * Where files that are sent by e-mail are stored. By default the configured folder; without either, files cannot be
   * sent.
   */
  readonly blobs?: BlobStore | undefined;
  /**
   * Spreads work over consumers, and wakes them. Without it the background work alone finds what is due.
   */
  readonly workQueue?: WorkQueue | undefined;
  /**
   * Whether each request fetches the keys of access tokens itself, instead of waiting for a fetch that another request
   * started. Workers need this; `false` by default.
   */
  readonly fetchPerCall?: boolean;
  /** The objects that keep WebSockets of inboxes, on Workers. By default there are none, and streams poll. */
  readonly inboxSockets?: InboxSockets | undefined;
  /**
   * Called when a request has made a bulk job ready that begins at once, so that its invocation can begin the job. For
   * Workers: the loop of a process finds it.
   */
  readonly onJobReady?: () => void;
  /**
   * Aborted when the server stops: the inbox event streams end, and requests that wait are answered. Left out on
   * Workers, where requests cannot share a signal.
   */
  readonly stopping?: AbortSignal;
  /**
   * Aborted when the process is about to be ended by its platform: calls of providers that are under way are given up, and
   * recorded as of unknown outcome. Left out where a process has the time for them.
   */
  readonly cutOff?: AbortSignal;
  /**
   * Whether this process sends messages; `true` by default. Otherwise it accepts them, and they wait for another process
   * of the same database.
   */
  readonly sends?: boolean;
  /**
   * Says how far the clock is ahead of the machine's, and moves it further (`POST /dev/clock`). For development with a
   * database file only; by default the clock cannot be moved.
   */
  readonly movableClock?: MovableClock | undefined;
  /** Adds a page with the inbox of a demo citizen. For development only. */
  readonly demo?: InboxDemo | undefined;
  /**
   * Returns shell commands that send a first message, for the mailbox's page. `root` is the server's address, ending in
   * a slash.
   */
  readonly firstSteps?: ((root: string) => string) | undefined;
  /** Loads the pages of development, which show the mailbox. They are no part of a Worker. */
  readonly loadDevPages?: LoadDevPages | undefined;
  /**
   * The demo service, which the demo user owns; `undefined` while it does not exist. There is a demo user only with a
   * mailbox.
   */
  readonly demoServiceId?: () => ServiceId | undefined;
}
