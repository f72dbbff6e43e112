/** Mounts the registries' APIs. A deployment that has none of them does not load these modules. */
import type { EventFeed } from "../application/events/event_feed.ts";
import { createOtpSender } from "../application/recipients/send_otp.ts";
import type { Authenticator } from "../application/sending/authenticate.ts";
import type { BodyCost } from "../application/sending/body_cost.ts";
import type { SendBatch } from "../application/sending/send_batch.ts";
import { createSendUserNotification } from "../application/sending/send_user_notification.ts";
import type { ServiceSlots } from "../application/sending/service_slots.ts";
import type { AccessTokens } from "../domain/access/access_tokens.ts";
import type { ServiceId } from "../domain/ids.ts";
import type { InboxMessageFormat, InboxRef } from "../domain/inbox/inbox_message.ts";
import type { AcceptStore } from "../domain/ports/accept_store.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { DiiaTemplates } from "../domain/ports/diia_templates.ts";
import type { InboxEvents } from "../domain/ports/inbox_events.ts";
import type { InboxStore } from "../domain/ports/inbox_store.ts";
import type { Log } from "../domain/ports/log.ts";
import type { RecipientSettingsStore } from "../domain/ports/recipient_settings_store.ts";
import type { RegistryTemplateStore } from "../domain/ports/registry_template_store.ts";
import type { SendingContexts } from "../domain/ports/sending_contexts.ts";
import type { Realm } from "../domain/recipient/realm.ts";
import type { AppEnv } from "./http/context.ts";
import { createInboxElementRoutes, type InboxDemo } from "./inbox_element/app.tsx";
import { createAccessTokenAuth } from "./registry/access_token_auth.ts";
import { createRegistry } from "./registry/app.ts";
import { createInboxRoutes } from "./registry/inbox/app.ts";
import type { StreamTiming } from "./registry/inbox/stream.ts";
import { createSettingsRoutes } from "./registry/settings/app.ts";
import { SETTINGS_ACCESS_TOKEN_CODES } from "./registry/settings/problem.ts";
import type { Hono } from "hono";

/**
 * Dependencies of the APIs under `/api/…`, which implement the notification API of the registries platform (Ukraine's
 * platform for state registries). Its callers are other services that send messages, officers that publish templates,
 * and recipients. One deployment serves these APIs for one service.
 */
export interface RegistryPorts {
  readonly tokens: AccessTokens;
  /**
   * The realms (`citizen`, `officer`) of the portals whose issuers sign access tokens; a person's id is unique within
   * its realm only. `undefined` when the deployment does not distinguish realms.
   */
  readonly realms?: readonly Realm[] | undefined;
  readonly inboxes: InboxStore;
  readonly inboxEvents: InboxEvents;
  readonly recipientSettings: RecipientSettingsStore;
  readonly templates: RegistryTemplateStore;
  /**
   * Publishes templates to Diia, the state's app, which is one of the channels; `undefined` when the deployment has no
   * access to Diia.
   */
  readonly diia: DiiaTemplates | undefined;
  /** Generates a random one-time passcode, six digits. */
  readonly newCode: () => string;
  /** The role that an access token must have to publish, list or delete templates. */
  readonly templateRole: string;
  /** The role that an access token must have to send messages, and to read any recipient's settings. */
  readonly senderRole: string;
  /**
   * With it, the application has the page `/dev/inbox`, which shows a demo citizen's inbox; `undefined` in production.
   */
  readonly demo: InboxDemo | undefined;
  /** The service that templates and inboxes belong to. */
  readonly serviceId: ServiceId;
  /** Aborted at shutdown: ends the event streams of inboxes (server-sent events). */
  readonly stopping: AbortSignal | undefined;
  /** Whether the field `message` of inbox messages holds `html` (the default) or plain `text`. */
  readonly messageFormat?: InboxMessageFormat | undefined;
  /** As in `InboxPorts`: where an inbox's events come by a WebSocket. */
  readonly socketPathOf?: ((inbox: InboxRef) => string | undefined) | undefined;
  /** How often event streams of inboxes poll and send heartbeats, and when they are closed; default `STREAM_TIMING`. */
  readonly timing?: StreamTiming | undefined;
}

/** What these APIs share with the other ones. */
export interface SharedPorts {
  readonly accepts: AcceptStore;
  readonly authenticator: Authenticator;
  readonly bodyCost: BodyCost;
  readonly clock: Clock;
  readonly contexts: SendingContexts;
  readonly feed: EventFeed;
  readonly log: Log;
  /** As in `AppPorts`. */
  readonly publicUrl: string | undefined;
  readonly sendBatch: SendBatch;
  readonly slots: ServiceSlots;
}

/** Mounts the registries' APIs: for other services, for recipients, and the element that shows an inbox. */
export function mountRegistry(
  app: Hono<AppEnv>,
  { accepts, authenticator, bodyCost, clock, contexts, feed, log, publicUrl, sendBatch, slots }:
    SharedPorts,
  registry: RegistryPorts,
): void {
  const { demo, tokens } = registry;
  const accessTokenAuth = createAccessTokenAuth(tokens, clock);
  const shared = { clock, contexts, accepts, sendBatch, publicUrl, ...registry };
  app.route("/", createInboxRoutes({ ...shared, log, accessTokenAuth }));
  app.route(
    "/",
    createRegistry({
      ...shared,
      accessTokenAuth,
      authenticator,
      bodyCost,
      feed,
      slots,
      sendUserNotification: createSendUserNotification(shared),
    }),
  );
  app.route(
    "/",
    createSettingsRoutes({
      ...shared,
      accessTokenAuth: createAccessTokenAuth(tokens, clock, SETTINGS_ACCESS_TOKEN_CODES),
      sendCode: createOtpSender(shared),
    }),
  );
  app.route("/", createInboxElementRoutes(demo === undefined ? {} : { demo }));
}
