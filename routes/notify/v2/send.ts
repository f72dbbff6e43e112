import type { Hono } from "hono";
import { letterEndpoint, validateV2 } from "../../../domain/notify_v2/validate_v2.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import { readBody } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { keepLongNumbers } from "../../http/json.ts";
import { notFound } from "../../http/plain_errors.ts";
import { createSendHandler } from "../send_handler.ts";
import { V2_FORMAT } from "./format.ts";
import type { V2Routes } from "./ports.ts";

/**
 * Adds `POST /v2/notifications/{channel}`, which accepts one notification for sending. `…/letter` answers with the
 * body's validation errors, or refuses a valid body, because Hark sends no letters. Any other `{channel}` answers 404,
 * after authentication.
 */
export function addSendRoutes(app: Hono<AppEnv>, routes: V2Routes): void {
  const { authenticated, authenticatedSender, clock, refuse, refuseBody } = routes;

  for (const channel of CHANNELS) {
    const handler = createSendHandler(routes, V2_FORMAT, channel);
    app.post(`/v2/notifications/${channel}`, authenticatedSender, handler);
  }

  app.post("/v2/notifications/letter", authenticated, async (c) => {
    const body = await readBody(c);
    if (!body.ok) return refuse(c, body.refusal);
    const { bytes, text, json, limit } = body.value;
    const letter = keepLongNumbers(text, json);
    if (letter === undefined) return await refuseBody(c, limit ?? { kind: "not-json" }, bytes);
    const valid = validateV2(letterEndpoint(letter), letter, clock.now());
    return await refuseBody(
      c,
      valid.ok
        ? { kind: "channel-not-allowed", channel: "letter" }
        : { kind: "validation", problems: valid.refusal },
      bytes,
    );
  });

  app.post("/v2/notifications/:type", authenticated, notFound);
}
