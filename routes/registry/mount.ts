/** Mounts the registries' APIs. A deployment that has none of them does not load these modules. */
import type { Hono } from "hono";
import { createOtpSender } from "../../application/recipients/send_otp.ts";
import type { EventFeed } from "../../application/events/event_feed.ts";
import type { Authenticator } from "../../application/sending/authenticate.ts";
import type { BodyCost } from "../../application/sending/body_cost.ts";
import type { SendBatch } from "../../application/sending/send_batch.ts";
import { createSendUserNotification } from "../../application/sending/send_user_notification.ts";
import type { ServiceSlots } from "../../application/sending/service_slots.ts";
import type { AcceptStore } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { Log } from "../../domain/ports/log.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type { AppEnv } from "../http/context.ts";
import { createInboxElementRoutes } from "../inbox_element/app.tsx";
import { createAccessTokenAuth } from "./access_token_auth.ts";
import { createRegistry } from "./app.ts";
import { createInboxRoutes } from "./inbox/app.ts";
import type { RegistryPorts } from "./ports.ts";
import { createSettingsRoutes } from "./settings/app.ts";
import { SETTINGS_ACCESS_TOKEN_CODES } from "./settings/problem.ts";

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
