/** Mounts the registries' APIs. A deployment that has none of them does not load these modules. */
import { createOtpSender } from "../application/recipients/send_otp.ts";
import { createSendUserNotification } from "../application/sending/send_user_notification.ts";
import type { AppPorts, RegistryPorts } from "./app_ports.ts";
import type { AppEnv } from "./http/context.ts";
import { createInboxElementRoutes } from "./inbox_element/app.tsx";
import { createAccessTokenAuth } from "./registry/access_token_auth.ts";
import { createRegistry } from "./registry/app.ts";
import { createInboxRoutes } from "./registry/inbox/app.ts";
import { createSettingsRoutes } from "./registry/settings/app.ts";
import { SETTINGS_ACCESS_TOKEN_CODES } from "./registry/settings/problem.ts";
import type { UseCases } from "./use_cases.ts";
import type { Hono } from "hono";

/** Mounts the registries' APIs: for other services, for recipients, and the element that shows an inbox. */
export function mountRegistry(
  app: Hono<AppEnv>,
  { accepts, clock, contexts, log, publicUrl }: AppPorts,
  registry: RegistryPorts,
  { authenticator, bodyCost, feed, sendBatch, slots }: UseCases,
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
