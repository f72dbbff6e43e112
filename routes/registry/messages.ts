import type { Hono } from "hono";
import { readIdempotency } from "../../application/sending/idempotency.ts";
import type { SendUserNotification } from "../../application/sending/send_user_notification.ts";
import { userNotification } from "../../domain/registry/user_notification.ts";
import { readBody } from "../http/body.ts";
import { type AppEnv, rootOf, waitUntil } from "../http/context.ts";
import { keepLongNumbers } from "../http/json.ts";
import { refusalMessage } from "../../domain/sending/refusal_messages.ts";
import { refusalStatus } from "../http/refusal_status.ts";
import { noteRefusal } from "../http/security_events.ts";
import { IN_ENGLISH } from "../http/validation.ts";
import { authenticateSender, type SenderAuthPorts } from "./authenticate_sender.ts";
import { presentMessage, statusOfRefused } from "./present_message.ts";
import { registryProblem } from "./problem.ts";
import { fieldErrors } from "./request.ts";

/** The largest message, in bytes: ten thousand recipients with a dozen parameters each. */
export const MAX_MESSAGE_BYTES = 20 * 1024 * 1024;
/** How many refusals one answer lists. */
const MAX_REFUSALS_REPORTED = 10_000;

/** Ports of sending through the registries' API. */
export interface RegistrySendPorts extends SenderAuthPorts {
  readonly sendUserNotification: SendUserNotification;
  /** The configured address of the deployment, without a trailing slash; the request's own when absent. */
  readonly publicUrl: string | undefined;
}

/** Adds `POST /api/notifications`. */
export function addSendRoutes(app: Hono<AppEnv>, ports: RegistrySendPorts): void {
  const { publicUrl, sendUserNotification } = ports;

  app.post("/api/notifications", authenticateSender(ports), async (c) => {
    const { sender } = c.var;
    const body = await readBody(c, MAX_MESSAGE_BYTES);
    if (!body.ok) {
      return registryProblem(c, { status: 413, message: "The message is larger than 20 MB" });
    }
    const { json, text } = body.value;
    if (json === undefined) {
      return registryProblem(c, { status: 400, message: "The body is not JSON" });
    }
    const message = userNotification.safeParse(keepLongNumbers(text, json), IN_ENGLISH);
    if (!message.success) {
      const errors = fieldErrors(message.error);
      return registryProblem(c, { status: 400, message: "Invalid request: see errors", errors });
    }
    const request = ["POST", c.req.path, sender.id, text];
    const idempotency = await readIdempotency(c.req.header("idempotency-key"), request);
    const sent = idempotency.ok
      ? await sendUserNotification({
        key: sender.key,
        message: message.data,
        idempotency: idempotency.value,
        waitUntil: waitUntil(c),
      })
      : idempotency;
    const root = rootOf(c, publicUrl);
    if (!sent.ok) {
      noteRefusal(c, sent.refusal);
      const message = refusalMessage(sent.refusal, root);
      return registryProblem(c, { ...refusalStatus(sent.refusal), message });
    }
    for (const result of sent.value.results) if (!result.ok) noteRefusal(c, result.refusal);
    const { notifications, refused } = presentMessage(message.data, sent.value, root);
    const reported = refused.slice(0, MAX_REFUSALS_REPORTED);
    if (notifications.length > 0) return c.json({ notifications, refused: reported }, 202);
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
