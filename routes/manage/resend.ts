import { type Context, Hono } from "hono";
import * as z from "zod/mini";
import type { ResendRefusal } from "../../application/sending/resend.ts";
import type { Plan } from "../../domain/sending/plan_notification.ts";
import { refusalMessage } from "../../domain/sending/refusal_messages.ts";
import { rootOf, waitUntil } from "../http/context.ts";
import { describe } from "../http/openapi.ts";
import { refusalStatus } from "../http/refusal_status.ts";
import { noteRefusal } from "../http/security_events.ts";
import type { ServiceEnv } from "./load.ts";
import { NO_NOTIFICATION, notificationId } from "./notification_id.ts";
import type { ManagePorts } from "./ports.ts";
import { presentNotification } from "./present_notification.ts";
import { problem, type ProblemStatus } from "./problem.ts";
import { flag } from "./schemas.ts";
import { query } from "./validation.ts";

const resendQuery = z.strictObject({ dry_run: z.optional(flag) });

/** Creates the route that sends a notification again. The service of the path is loaded. */
export function createResendRoute(
  { resend, publicUrl }: Pick<ManagePorts, "resend" | "publicUrl">,
): Hono<ServiceEnv> {
  return new Hono<ServiceEnv>().post(
    "/:notification_id/resend",
    describe("Send a notification again, as a new one with the same content", {
      200: "What it would be answered, with `dry_run=true`. No notification has its `id`",
      201: "The new notification; `resent_from` is the id of the one that it repeats",
      409:
        "It has not ended, or may not be sent now: the service or its template is archived, or " +
        "the recipient is suppressed",
      422: "The idempotency key was used for another request",
      429: "The rate limit or a daily limit is used up",
    }, {
      headers: { "Idempotency-Key": "Sends it again once, however often the request is sent" },
    }),
    notificationId,
    query(resendQuery),
    async (c) => {
      const { service, requestLog } = c.var;
      const root = rootOf(c, publicUrl);
      const ref = {
        serviceId: service.id,
        notificationId: c.req.valid("param").notification_id,
      };
      const command = { ref, root };
      if (c.req.valid("query").dry_run === true) {
        const plan = await resend.check(command);
        return plan.ok ? c.json(presentPlan(plan.value)) : answerRefused(c, plan.refusal);
      }
      const sent = await resend.send(command, {
        path: c.req.path,
        idempotencyKey: c.req.header("idempotency-key"),
        present: (plan) => JSON.stringify(presentPlan(plan)),
        waitUntil: waitUntil(c),
      });
      if (!sent.ok) return answerRefused(c, sent.refusal);
      const { answer, notificationId: id, replayed } = sent.value;
      if (id !== undefined) requestLog.notificationId = id;
      if (replayed) c.header("Idempotent-Replayed", "true");
      return c.body(answer, 201, { "Content-Type": "application/json" });
    },
  );
}

/** The new notification, as the list shows it right after it was accepted. */
function presentPlan({ notification }: Plan): Readonly<Record<string, unknown>> {
  return presentNotification({
    ...notification,
    status: "created",
    statusAt: notification.createdAt,
    sentAt: null,
    completedAt: null,
    provider: null,
    complainedAt: null,
    acknowledgedAt: null,
  });
}

function answerRefused(c: Context, refusal: ResendRefusal): Response {
  noteRefusal(c, refusal);
  switch (refusal.kind) {
    case "notification-not-found":
    case "service-not-found":
      return problem(c, 404, NO_NOTIFICATION);
    case "not-ended":
      return problem(
        c,
        409,
        `The notification has not ended: its status is ${refusal.status}`,
      );
    case "own-service":
      return problem(c, 403, "Hark's own messages cannot be sent again");
    case "template-changed":
      return problem(c, 409, "The template was changed");
    case "service-archived":
      return problem(c, 409, "The service is archived");
    default: {
      const { status, retryAfterS } = refusalStatus(refusal);
      if (retryAfterS !== undefined) c.header("Retry-After", String(retryAfterS));
      return problem(c, statusOf(refusal.kind, status), refusalMessage(refusal, ""));
    }
  }
}

/** A request without a body is not at fault when its message may not be sent: it conflicts with the present state. */
function statusOf(kind: ResendRefusal["kind"], status: ProblemStatus): ProblemStatus {
  return status === 400 && kind !== "idempotency-key-not-valid" ? 409 : status;
}
