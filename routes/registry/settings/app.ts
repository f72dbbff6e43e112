import { Hono } from "hono";
import type { AccessToken } from "../../../domain/access/access_tokens.ts";
import {
  ALWAYS_ON,
  type ChannelAddress,
  parseChannelAddress,
  parseRecipientChannel,
  RECIPIENT_CHANNELS,
  type RecipientChannel,
} from "../../../domain/recipient_settings/channels.ts";
import { CODE_TTL_MS } from "../../../domain/recipient_settings/otp.ts";
import { mayOwn, refusalOfChannel } from "../../../domain/recipient_settings/permission.ts";
import type { Person, RecipientSettings } from "../../../domain/ports/recipient_settings_store.ts";
import { parseRecipientId } from "../../../domain/recipient/recipient_id.ts";
import { type AppContext, type AppEnv, waitUntil } from "../../http/context.ts";
import { crossOrigin } from "../cross_origin.ts";
import { activateBody, addressBody, deactivateBody, withBody } from "./body.ts";
import { preferredLanguage } from "./language.ts";
import { ADDRESS_MESSAGES, inBoth } from "./messages.ts";
import type { OtpNotSent } from "../../../application/recipients/send_otp.ts";
import type { SettingsPorts } from "./ports.ts";
import { settingsError, settingsProblem } from "./problem.ts";

const MINE = "/api/settings/me";
const CHANNEL = `${MINE}/channels/:channel`;

/** Makes the channels of a person, `/api/settings/…`. */
export function createSettingsRoutes(ports: SettingsPorts): Hono<AppEnv> {
  const { clock, accessTokenAuth, contexts, recipientSettings, sendCode, newCode, serviceId } =
    ports;
  const app = new Hono<AppEnv>();
  app.onError((_error, c) => settingsError(c));

  /** Hands on whoever may set the channel of the address. */
  function withChannel(
    c: AppContext,
    handle: (channel: RecipientChannel, person: Person, bearer: AccessToken) => Promise<Response>,
  ): Promise<Response> {
    return accessTokenAuth.withBearer(c, async (bearer) => {
      const name = c.req.param("channel") ?? "";
      const channel = parseRecipientChannel(name);
      if (channel === undefined) return noSuchChannel(c, name);
      const refusal = refusalOfChannel(bearer, channel);
      if (refusal !== undefined) {
        return settingsProblem(c, "FORBIDDEN_OPERATION", FORBIDDEN[refusal]);
      }
      return await handle(channel, { serviceId, recipientId: bearer.recipientId }, bearer);
    });
  }

  /** Reads an address and hands it on, or says what is wrong with it. */
  async function withAddress(
    c: AppContext,
    channel: RecipientChannel,
    typed: string,
    handle: (address: ChannelAddress) => Promise<Response>,
  ): Promise<Response> {
    const context = await contexts.load(serviceId, { fresh: false });
    if (context === undefined) throw new Error("the registries have no service");
    const address = parseChannelAddress(channel, typed, context.service.settings);
    if (address.ok) return await handle(address.value);
    const { message, localizedMessage } = inBoth(c, ADDRESS_MESSAGES[channel]);
    return settingsProblem(c, "VALIDATION_ERROR", message, {
      localizedMessage,
      errors: [{ field: "address", message }],
    });
  }

  app.use("/api/settings/*", crossOrigin);
  app.use("/api/settings/*", async (c, next) => {
    c.get("facts").serviceId = serviceId;
    await next();
    c.header("Cache-Control", "no-store");
    c.header("X-Content-Type-Options", "nosniff");
  });

  app.get(
    MINE,
    (c) =>
      accessTokenAuth.withBearer(
        c,
        async ({ recipientId }) =>
          c.json(
            present(await recipientSettings.settings({ serviceId, recipientId }, clock.now())),
          ),
      ),
  );

  app.get(
    "/api/settings/:user_id",
    (c) =>
      accessTokenAuth.withRole(c, ports.senderRole, async () => {
        const recipientId = parseRecipientId(c.req.param("user_id"));
        if (recipientId === undefined) {
          return settingsProblem(c, "METHOD_ARGUMENT_TYPE_MISMATCH", "This is nobody's id");
        }
        return c.json(
          present(await recipientSettings.settings({ serviceId, recipientId }, clock.now())),
        );
      }),
  );

  app.post(
    `${CHANNEL}/validate`,
    (c) =>
      withChannel(
        c,
        (channel) =>
          withBody(c, addressBody, ({ address }) =>
            withAddress(c, channel, address, () =>
              Promise.resolve(c.body(null, 200)))),
      ),
  );

  app.post(
    `${CHANNEL}/verify`,
    (c) =>
      withChannel(
        c,
        (channel, person, bearer) =>
          withBody(c, addressBody, (body) =>
            withAddress(c, channel, body.address, async (address) => {
              if (!mayOwn(bearer, channel, address.normalised)) {
                return settingsProblem(c, "FORBIDDEN_OPERATION", NOT_OWN);
              }
              const code = newCode();
              const started = await recipientSettings.startVerification(
                person,
                { channel, address, code },
                clock.now(),
              );
              if (!started.ok) {
                return tooManyCodes(c, started.refusal.retryAfterS);
              }
              const language = preferredLanguage(c.req.header("accept-language"));
              const sent = await sendCode(
                { channel, address: address.address, code, language },
                waitUntil(c),
              );
              if (!sent.ok) {
                return notSent(c, sent.refusal);
              }
              return c.json({ verificationCodeExpirationSec: CODE_TTL_MS / 1000 }, 202);
            })),
      ),
  );

  app.post(
    `${CHANNEL}/activate`,
    (c) =>
      withChannel(
        c,
        (channel, person, bearer) =>
          withBody(c, activateBody, (body) =>
            withAddress(c, channel, body.address, async (address) => {
              const verification = { channel, address, code: body.verificationCode };
              const activated = mayOwn(bearer, channel, address.normalised) &&
                await recipientSettings.activate(person, verification, clock.now()) === "activated";
              // The same words whatever was wrong: they are no help to who guesses.
              return activated
                ? c.body(null, 200)
                : settingsProblem(c, "VERIFICATION_ERROR", "The code does not prove this address");
            })),
      ),
  );

  app.post(
    `${CHANNEL}/deactivate`,
    (c) =>
      withChannel(
        c,
        (channel, person) =>
          withBody(c, deactivateBody, async ({ address: typed, deactivationReason: reason }) => {
            const deactivate = async (address: ChannelAddress | undefined) => {
              await recipientSettings.deactivate(person, channel, { address, reason }, clock.now());
              return c.body(null, 200);
            };
            return typed === undefined || typed === null
              ? await deactivate(undefined)
              : await withAddress(c, channel, typed, deactivate);
          }),
      ),
  );

  for (const step of ["validate", "verify", "activate", "deactivate"]) {
    app.all(`${CHANNEL}/${step}`, (c) => wrongMethod(c, "POST"));
  }
  app.all("/api/settings/:user_id", (c) => wrongMethod(c, "GET, HEAD"));
  app.all(
    "/api/settings/*",
    (c) => settingsProblem(c, "NOT_FOUND", "There is nothing at this address"),
  );
  return app;
}

const FORBIDDEN = {
  "no-roles": "The token has no roles: it lets nobody set channels",
  "official": "Officers have no channel diia: it is for people in private",
} as const;

const NOT_OWN = "This is not the tax number of the token";

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

function noSuchChannel(c: AppContext, name: string): Response {
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

function tooManyCodes(c: AppContext, retryAfterS: number): Response {
  return settingsProblem(c, "TOO_MANY_REQUESTS", "Too many codes were asked for: try again later", {
    retryAfterS,
  });
}

function notSent(c: AppContext, refusal: OtpNotSent): Response {
  switch (refusal.because) {
    case "limit":
      return tooManyCodes(c, refusal.retryAfterS);
    case "refused":
      return settingsProblem(c, "RUNTIME_ERROR", "The code could not be sent");
  }
}

function wrongMethod(c: AppContext, allowed: string): Response {
  c.header("Allow", allowed);
  return settingsProblem(c, "METHOD_NOT_ALLOWED", `This address takes ${allowed}`);
}
