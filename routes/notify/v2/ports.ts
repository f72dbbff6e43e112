import type { Context, MiddlewareHandler } from "hono";
import type { ReadSheet } from "../../../domain/ports/read_sheet.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { InboundStore } from "../../../domain/ports/inbound_store.ts";
import type { NotificationStore } from "../../../domain/ports/notification_store.ts";
import type { SendingContexts } from "../../../domain/ports/sending_contexts.ts";
import type { ManagementStore } from "../../../domain/ports/management_store.ts";
import type { Uploads } from "../../../application/jobs/upload.ts";
import type { Authenticator } from "../../../application/sending/authenticate.ts";
import type { EventFeed } from "../../../application/events/event_feed.ts";
import type { BodyCost } from "../../../application/sending/body_cost.ts";
import type { ServiceSlots } from "../../../application/sending/service_slots.ts";
import type { SendBatch } from "../../../application/sending/send_batch.ts";
import type { SendNotification } from "../../../application/sending/send_notification.ts";
import type { SendNotificationBatch } from "../../../application/sending/send_notification_batch.ts";
import type { CallerContext, CallerEnv } from "../../http/authenticate_caller.ts";
import type { NotifyRefusal } from "../errors.ts";

/** Dependencies of the `/v2` API. */
export interface V2Ports {
  readonly clock: Clock;
  readonly authenticator: Authenticator;
  readonly slots: ServiceSlots;
  readonly bodyCost: BodyCost;
  readonly feed: EventFeed;
  readonly sendNotification: SendNotification;
  readonly sendNotificationBatch: SendNotificationBatch;
  readonly sendBatch: Pick<SendBatch, "consumeRateLimit">;
  readonly uploads: Uploads;
  readonly readSheet: ReadSheet;
  readonly contexts: Pick<SendingContexts, "load">;
  readonly notifications: NotificationStore;
  readonly inbound: Pick<InboundStore, "list">;
  readonly templates: Pick<ManagementStore, "getTemplate" | "listTemplates">;
  /** The deployment's configured URL, without a trailing slash. When absent, links begin with the request's origin. */
  readonly publicUrl: string | undefined;
  /** The e-mail address that every template reports as its author. */
  readonly templateAuthor: string;
}

/** The dependencies that the routes of the `/v2` API share. */
export interface V2Routes extends V2Ports {
  /**
   * Creates the answer to a refusal in the error format of `/v2`, and records a security event if the refusal is one.
   */
  readonly refuse: (c: Context, refusal: NotifyRefusal) => Response;
  /**
   * Creates the answer to a refusal and records a security event, as {@link refuse} does, for a request whose body was
   * read. A large body counts against the service's rate limit.
   *
   * @param bytes the size of the body
   */
  readonly refuseBody: (
    c: CallerContext,
    refusal: NotifyRefusal,
    bytes: number,
  ) => Promise<Response>;
  /**
   * Authenticates the caller with its service and keys as the store has them now, not as cached: a key that was just
   * revoked is refused.
   */
  readonly authenticated: MiddlewareHandler<CallerEnv>;
  /**
   * Authenticates the caller, possibly with service and keys from this process's cache. Only for routes that send:
   * before they refuse a request because of cached data, they evaluate it again with data from the store.
   */
  readonly authenticatedSender: MiddlewareHandler<CallerEnv>;
}
