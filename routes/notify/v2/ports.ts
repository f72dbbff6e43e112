import type { Context, MiddlewareHandler } from "hono";
import type { ReadSheet } from "../../../domain/ports/read_sheet.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { NotificationStore } from "../../../domain/ports/notification_store.ts";
import type { SendingContexts } from "../../../domain/ports/sending_contexts.ts";
import type { ManagementStore } from "../../../domain/ports/management_store.ts";
import type { Uploads } from "../../../application/jobs/upload.ts";
import type { Authenticator } from "../../../application/sending/authenticate.ts";
import type { BodyCost } from "../../../application/sending/body_cost.ts";
import type { ServiceSlots } from "../../../application/sending/service_slots.ts";
import type { SendBatch } from "../../../application/sending/send_batch.ts";
import type { SendNotification } from "../../../application/sending/send_notification.ts";
import type { SendNotificationBatch } from "../../../application/sending/send_notification_batch.ts";
import type { CallerContext, CallerEnv } from "../../http/authenticate_caller.ts";
import type { NotifyRefusal } from "../errors.ts";

/** Ports of the `/v2` API. */
export interface V2Ports {
  readonly clock: Clock;
  readonly authenticator: Authenticator;
  readonly slots: ServiceSlots;
  readonly bodyCost: BodyCost;
  readonly sendNotification: SendNotification;
  readonly sendNotificationBatch: SendNotificationBatch;
  readonly sendBatch: Pick<SendBatch, "consumeRateLimit">;
  readonly uploads: Uploads;
  readonly readSheet: ReadSheet;
  readonly contexts: Pick<SendingContexts, "load">;
  readonly notifications: NotificationStore;
  readonly templates: Pick<ManagementStore, "getTemplate" | "listTemplates">;
  /** The configured address of the deployment, without a trailing slash; the request's own when absent. */
  readonly publicUrl: string | undefined;
  /** The address that templates report as their author. */
  readonly templateAuthor: string;
}

/** The dependencies that the routes of the `/v2` API share. */
export interface V2Routes extends V2Ports {
  /** Answers a refusal. */
  readonly refuse: (c: Context, refusal: NotifyRefusal) => Response;
  /** Answers a refusal of a body that was read, and charges the rate limit for the body if it is large. */
  readonly refuseBody: (
    c: CallerContext,
    refusal: NotifyRefusal,
    bytes: number,
  ) => Promise<Response>;
  /** Authenticates the caller with its service and keys read from the store. */
  readonly authenticated: MiddlewareHandler<CallerEnv>;
  /**
   * Authenticates the caller, possibly with a cached service. For routes whose use case evaluates a refusal again with
   * data from the store.
   */
  readonly authenticatedSender: MiddlewareHandler<CallerEnv>;
}
