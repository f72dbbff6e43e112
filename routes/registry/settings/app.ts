import { type Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import {
  type ActivationRefusal,
  createChannelSettings,
  type VerificationRefusal,
} from "../../../application/recipients/channel_settings.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import type { RecipientSettings } from "../../../domain/ports/recipient_settings_store.ts";
import { parseRealm, type PersonId, REALMS } from "../../../domain/recipient/realm.ts";
import { parseRecipientId } from "../../../domain/recipient/recipient_id.ts";
import {
  ALWAYS_ON,
  parseRecipientChannel,
  RECIPIENT_CHANNELS,
  type RecipientChannel,
} from "../../../domain/recipient_settings/channels.ts";
import { CODE_TTL_MS } from "../../../domain/recipient_settings/otp.ts";
import { refusalOfChannel } from "../../../domain/recipient_settings/permission.ts";
import { type AppEnv, waitUntil } from "../../http/context.ts";
import { noteLimit } from "../../http/security_events.ts";
import type { AccessTokenEnv, PersonEnv } from "../access_token_auth.ts";
import { crossOrigin } from "../cross_origin.ts";
import { activateBody, addressBody, answerNotAnObject, deactivateBody, jsonBody } from "./body.ts";
import { preferredLanguage } from "./language.ts";
import { ADDRESS_MESSAGES, inBoth } from "./messages.ts";
import type { SettingsPorts } from "./ports.ts";
import { answerSettingsError, settingsProblem } from "./problem.ts";

/** The context of routes below a channel. */
interface ChannelEnv extends PersonEnv {
  readonly Variables: PersonEnv["Variables"] & { readonly channel: RecipientChannel };
}

const CHANNEL = "/api/settings/me/channels/:channel";

/**
 * Creates the API of recipients' channel settings, `/api/settings/…`. A recipient shows its own settings, proves an
 * address with a one-time passcode, and activates or deactivates a channel. A caller with the sender role shows
 * anyone's settings.
 */
export function createSettingsRoutes(ports: SettingsPorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use("/api/settings/*", crossOrigin, forbidCaching(ports.serviceId));
  app.route("/", createReadRoutes(ports));
  app.route(CHANNEL, createChannelRoutes(ports));
  for (const step of ["validate", "verify", "activate", "deactivate"]) {
    app.all(`${CHANNEL}/${step}`, (c) => wrongMethod(c, "POST"));
  }
  app.all("/api/settings/:user_id", (c) => wrongMethod(c, "GET, HEAD"));
  app.all(
    "/api/settings/*",
    (c) => settingsProblem(c, "NOT_FOUND", "There is nothing at this address"),
  );
  app.onError(answerError);
  return app;
}

/** The routes that show settings: the caller's own, and those of any recipient. */
function createReadRoutes({ accessTokenAuth, senderRole, realms, ...ports }: SettingsPorts) {
  const settings = createChannelSettings(ports);
  const own = new Hono<PersonEnv>().get(
    "/api/settings/me",
    accessTokenAuth.requirePerson,
    async (c) => c.json(present(await settings.show(c.var.person))),
  );
  return new Hono<AccessTokenEnv>()
    .route("/", own)
    .get("/api/settings/:user_id", accessTokenAuth.requireRole(senderRole), async (c) => {
      const recipientId = parseRecipientId(c.req.param("user_id"));
      if (recipientId === undefined) {
        return settingsProblem(c, "METHOD_ARGUMENT_TYPE_MISMATCH", "The recipient id is not valid");
      }
      const person = readPerson(recipientId, realms && c.req.query("realm"));
      if (person === undefined) {
        const message = `realm must be one of ${REALMS.join(", ").toUpperCase()}`;
        return settingsProblem(c, "METHOD_ARGUMENT_TYPE_MISMATCH", message);
      }
      return c.json(present(await settings.show(person)));
    });
}

/** The person with an id, in a realm by its name. @returns `undefined` when there is no such realm */
function readPerson(recipientId: string, name: string | undefined): PersonId | undefined {
  if (name === undefined) return { recipientId };
  const realm = parseRealm(name);
  return realm === undefined ? undefined : { recipientId, realm };
}

/** The routes that change a channel of the caller. */
function createChannelRoutes({ accessTokenAuth, ...ports }: SettingsPorts) {
  const settings = createChannelSettings(ports);
  const { requirePerson } = accessTokenAuth;
  return new Hono<ChannelEnv>()
    .post("/validate", requirePerson, requireChannel, jsonBody(addressBody), async (c) => {
      const { channel } = c.var;
      const { address } = c.req.valid("json");
      const validated = await settings.validate({ channel, address });
      return validated.ok ? c.body(null, 200) : answerRefusal(c, channel, validated.refusal);
    })
    .post("/verify", requirePerson, requireChannel, jsonBody(addressBody), async (c) => {
      const { accessToken, channel } = c.var;
      const { address } = c.req.valid("json");
      const language = preferredLanguage(c.req.header("accept-language"));
      const typed = { channel, address, language };
      const sent = await settings.verify(accessToken, typed, waitUntil(c));
      return sent.ok
        ? c.json({ verificationCodeExpirationSec: CODE_TTL_MS / 1000 }, 202)
        : answerRefusal(c, channel, sent.refusal);
    })
    .post("/activate", requirePerson, requireChannel, jsonBody(activateBody), async (c) => {
      const { accessToken, channel } = c.var;
      const { address, verificationCode: code } = c.req.valid("json");
      const activated = await settings.activate(accessToken, { channel, address, code });
      return activated.ok ? c.body(null, 200) : answerRefusal(c, channel, activated.refusal);
    })
    .post("/deactivate", requirePerson, requireChannel, jsonBody(deactivateBody), async (c) => {
      const { accessToken, channel } = c.var;
      const { address, deactivationReason: reason } = c.req.valid("json");
      const change = { channel, address: address ?? undefined, reason };
      const deactivated = await settings.deactivate(accessToken, change);
      return deactivated.ok ? c.body(null, 200) : answerRefusal(c, channel, deactivated.refusal);
    });
}

function forbidCaching(serviceId: ServiceId) {
  return createMiddleware<AppEnv>(async (c, next) => {
    c.get("requestLog").serviceId = serviceId;
    await next();
    c.header("Cache-Control", "no-store");
    c.header("X-Content-Type-Options", "nosniff");
  });
}

const FORBIDDEN = {
  "no-roles": "The token has no roles: it does not permit setting channels",
  "official": "Officers cannot set the channel diia: it is for private persons",
} as const;

/** Puts the channel of the path into the context, when the caller may set it. */
const requireChannel = createMiddleware<ChannelEnv>(async (c, next) => {
  const name = c.req.param("channel") ?? "";
  const channel = parseRecipientChannel(name);
  if (channel === undefined) return noSuchChannel(c, name);
  const refusal = refusalOfChannel(c.var.accessToken, channel);
  if (refusal !== undefined) return settingsProblem(c, "FORBIDDEN_OPERATION", FORBIDDEN[refusal]);
  c.set("channel", channel);
  return await next();
});

/** Answers errors of this API. A validator throws for malformed JSON; the application logs other errors. */
function answerError(error: Error, c: Context): Response {
  return error instanceof HTTPException && error.status === 400
    ? answerNotAnObject(c)
    : answerSettingsError(error, c);
}

function answerRefusal(
  c: Context,
  channel: RecipientChannel,
  refusal: VerificationRefusal | ActivationRefusal,
): Response {
  switch (refusal.kind) {
    case "invalid-address": {
      const { message, localizedMessage } = inBoth(c, ADDRESS_MESSAGES[channel]);
      const errors = [{ field: "address", message }];
      return settingsProblem(c, "VALIDATION_ERROR", message, { localizedMessage, errors });
    }
    case "not-own":
      return settingsProblem(
        c,
        "FORBIDDEN_OPERATION",
        "This is not the tax number of the token",
      );
    case "too-many-codes": {
      const { retryAfterS } = refusal;
      noteLimit(c, "passcodes");
      const message = "Too many codes were requested: try again later";
      return settingsProblem(c, "TOO_MANY_REQUESTS", message, { retryAfterS });
    }
    case "no-text": {
      const message = "The template channel-confirmation has no text for the roles in your token";
      return settingsProblem(c, "VALIDATION_ERROR", message, {
        errors: [{ field: "channel", message }],
      });
    }
    case "not-sent":
      return settingsProblem(c, "RUNTIME_ERROR", "The code could not be sent");
    case "not-verified":
      return settingsProblem(c, "VERIFICATION_ERROR", "The code does not prove this address");
  }
}

function noSuchChannel(c: Context, name: string): Response {
  if (name === ALWAYS_ON) {
    const message = "The inbox is always on: it cannot be set";
    return settingsProblem(c, "VALIDATION_ERROR", message, {
      errors: [{ field: "channel", message }],
    });
  }
  const known = RECIPIENT_CHANNELS.join(", ");
  return settingsProblem(
    c,
    "METHOD_ARGUMENT_TYPE_MISMATCH",
    `There is no such channel: there are ${known}`,
  );
}

function wrongMethod(c: Context, allowed: string): Response {
  c.header("Allow", allowed);
  return settingsProblem(c, "METHOD_NOT_ALLOWED", `This address accepts only ${allowed}`);
}

function present({ settingsId, channels }: RecipientSettings) {
  return {
    settingsId,
    channels: channels.map(({ channel, activated, address, deactivationReason }) => ({
      channel,
      activated,
      ...(address === null ? {} : { address }),
      ...(deactivationReason === null ? {} : { deactivationReason }),
    })),
  };
}
