import type { Hono } from "hono";
import { runInSlices } from "../../application/event_loop.ts";
import type { BodyCost } from "../../application/sending/body_cost.ts";
import { readIdempotency } from "../../application/sending/idempotency.ts";
import type { SendUserNotification } from "../../application/sending/send_user_notification.ts";
import { isJsonObject } from "../../domain/json/json_object.ts";
import { JSON_LIST_LIMITS } from "../../domain/json/json_shape.ts";
import { mayHoldLongIntegers } from "../../domain/json/long_integers.ts";
import { parseJsonInSteps } from "../../domain/json/parse_json_in_steps.ts";
import type { ApiKey } from "../../domain/service/service.ts";
import { parseUserNotificationInSteps } from "../../domain/registry/parse_user_notification.ts";
import { bytesOfFault, readBody } from "../http/body.ts";
import { type AppEnv, rootOf, waitUntil } from "../http/context.ts";
import { DRY_RUN_MESSAGES, refusalOfDryRun } from "../http/dry_run.ts";
import { answerLargeJson } from "../http/large_json.ts";
import { takeLongNumbers } from "../http/json.ts";
import { refusalMessage } from "../../domain/sending/refusal_messages.ts";
import { refusalStatus } from "../http/refusal_status.ts";
import { noteRefusal } from "../http/security_events.ts";
import { IN_ENGLISH } from "../http/validation.ts";
import { authenticateSender, type SenderAuthPorts } from "./authenticate_sender.ts";
import { bodyProblem } from "./body_problem.ts";
import { presentMessage, statusOfRefused } from "./present_message.ts";
import { registryProblem } from "./problem.ts";
import { fieldErrors } from "./request.ts";

/** The largest message, in bytes: ten thousand recipients with a dozen parameters each. */
export const MAX_MESSAGE_BYTES = 20 * 1024 * 1024;
/** How many refusals one answer lists. */
const MAX_REFUSALS_REPORTED = 10_000;

/** Dependencies of {@link addSendRoutes}. */
export interface RegistrySendPorts extends SenderAuthPorts {
  readonly sendUserNotification: SendUserNotification;
  readonly bodyCost: BodyCost;
  /** The deployment's configured URL, without a trailing slash. When absent, links begin with the request's origin. */
  readonly publicUrl: string | undefined;
}

const TOO_LARGE = "The message is larger than 20 MB";

/** As `keepLongNumbers`, in time slices. */
async function keepDigits(text: string, json: unknown, signal: AbortSignal): Promise<unknown> {
  if (!mayHoldLongIntegers(text)) return json;
  const kept = await runInSlices(parseJsonInSteps(text, { keepsLongIntegers: true }), signal);
  return takeLongNumbers(json, kept);
}

/**
 * Adds `POST /api/notifications`, which sends one message to many recipients, on several channels each. The answer is
 * 202 with the accepted notifications and the refused ones (10,000 of them at most) if any was accepted; otherwise it
 * is an error whose status follows from the refusals.
 */
export function addSendRoutes(app: Hono<AppEnv>, ports: RegistrySendPorts): void {
  const { bodyCost, contexts, publicUrl, sendUserNotification, serviceId } = ports;

  /** Charges for the body of a message that is refused, where it is large. */
  async function chargeBody(key: ApiKey, bytes: number, refusal?: string): Promise<void> {
    const context = await contexts.load(serviceId, { fresh: false });
    if (context !== undefined) await bodyCost.charge(context.service, key, bytes, refusal);
  }

  app.post("/api/notifications", authenticateSender(ports), async (c) => {
    const { sender } = c.var;
    const dryRun = refusalOfDryRun(c);
    if (dryRun !== undefined) {
      return registryProblem(c, { status: 400, message: DRY_RUN_MESSAGES[dryRun.kind] });
    }
    const body = await readBody(c, MAX_MESSAGE_BYTES, JSON_LIST_LIMITS);
    if (!body.ok) {
      await chargeBody(sender.key, bytesOfFault(body.refusal));
      return registryProblem(c, bodyProblem(body.refusal, TOO_LARGE));
    }
    const { bytes, json, limit, text } = body.value;
    if (json === undefined) {
      await chargeBody(sender.key, bytes);
      return registryProblem(c, bodyProblem(limit ?? { kind: "not-json" }, TOO_LARGE));
    }
    // Unknown fields are ignored, as the platform does, but for the one whose sender wants no message to be sent.
    if (isJsonObject(json) && json.dry_run === true) {
      await chargeBody(sender.key, bytes);
      const [message, field] = [DRY_RUN_MESSAGES["dry-run-of-many"], "dry_run"];
      return registryProblem(c, { status: 400, message, errors: [{ field, message }] });
    }
    const withDigits = await keepDigits(text, json, c.req.raw.signal);
    const parsing = parseUserNotificationInSteps(withDigits, IN_ENGLISH);
    const message = await runInSlices(parsing, c.req.raw.signal);
    if (!message.ok) {
      await chargeBody(sender.key, bytes);
      const errors = fieldErrors({ issues: message.refusal });
      return registryProblem(c, { status: 400, message: "Invalid request: see errors", errors });
    }
    const request = ["POST", c.req.path, sender.id, text];
    const idempotency = await readIdempotency(c.req.header("idempotency-key"), request);
    const sent = idempotency.ok
      ? await sendUserNotification({
        key: sender.key,
        message: message.value,
        idempotency: idempotency.value,
        waitUntil: waitUntil(c),
      })
      : idempotency;
    const root = rootOf(c, publicUrl);
    if (!sent.ok) {
      noteRefusal(c, sent.refusal);
      await chargeBody(sender.key, bytes, sent.refusal.kind);
      const message = refusalMessage(sent.refusal, root);
      return registryProblem(c, { ...refusalStatus(sent.refusal), message });
    }
    for (const result of sent.value.results) if (!result.ok) noteRefusal(c, result.refusal);
    const { notifications, refused } = presentMessage(message.value, sent.value, root);
    const reported = refused.slice(0, MAX_REFUSALS_REPORTED);
    if (notifications.length > 0) {
      return await answerLargeJson(c, { notifications, refused: reported }, 202);
    }
    const [first] = sent.value.results;
    await chargeBody(sender.key, bytes, first?.ok === false ? first.refusal.kind : undefined);
    return registryProblem(c, {
      ...statusOfRefused(sent.value),
      message: "None of the notifications was accepted",
      errors: reported.map(({ recipient, channel, message }) => ({
        field: `recipients.${recipient}`,
        message: channel === null ? message : `${channel}: ${message}`,
      })),
    });
  });
}
