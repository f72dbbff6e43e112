import type { ServiceId } from "../../../domain/ids.ts";
import type { InboxMessageFormat, InboxRef } from "../../../domain/inbox/inbox_message.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { InboxEvents } from "../../../domain/ports/inbox_events.ts";
import type { InboxStore } from "../../../domain/ports/inbox_store.ts";
import type { Log } from "../../../domain/ports/log.ts";
import type { SendingContexts } from "../../../domain/ports/sending_contexts.ts";
import type { AccessTokenAuth, PersonEnv } from "../access_token_auth.ts";
import type { StreamTiming } from "./stream.ts";

/** The dependencies of the inbox API. */
export interface InboxPorts {
  readonly clock: Clock;
  readonly accessTokenAuth: AccessTokenAuth;
  readonly inboxes: InboxStore;
  readonly inboxEvents: InboxEvents;
  readonly contexts: Pick<SendingContexts, "load">;
  /** The service whose messages the inboxes hold. */
  readonly serviceId: ServiceId;
  readonly log: Log;
  /** Aborted at shutdown: ends the open event streams, and new ones are refused with 503. */
  readonly stopping: AbortSignal | undefined;
  /** Whether the field `message` holds `html` (the default) or plain `text`. */
  readonly messageFormat?: InboxMessageFormat | undefined;
  /**
   * Returns the path where an inbox's events come by a WebSocket; `undefined` where the server has no WebSockets. Streams
   * tell it to their clients.
   */
  readonly socketPathOf?: ((inbox: InboxRef) => string | undefined) | undefined;
  /** How often event streams poll and send heartbeats, and when they are closed; default `STREAM_TIMING`. */
  readonly timing?: StreamTiming | undefined;
}

/** The Hono environment of routes behind authentication: `c.var.inbox` is the caller's own inbox. */
export interface InboxEnv extends PersonEnv {
  readonly Variables: PersonEnv["Variables"] & { readonly inbox: InboxRef };
}
