/** Sends one notification, for both APIs that implement GOV.UK Notify's: its present one (`/v2`) and that of 2016. */
import type { Context } from "hono";
import type { BodyCost } from "../../application/sending/body_cost.ts";
import type { CallerRefusal } from "../../application/sending/authenticate.ts";
import type { Sent } from "../../application/sending/replay.ts";
import type { SendFormat } from "../../application/sending/send_format.ts";
import type { SendNotification } from "../../application/sending/send_notification.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import type { Channel } from "../../domain/service/service.ts";
import type { CallerContext } from "../http/authenticate_caller.ts";
import { type BodyFault, bytesOfFault, readBody } from "../http/body.ts";
import { rootOf, waitUntil } from "../http/context.ts";
import { type DryRunFault, readDryRun } from "../http/dry_run.ts";
import { answerJson } from "./headers.ts";

/**
 * How one form of GOV.UK Notify's API (`/v2`, or that of 2016) reads a request to send one notification and answers it.
 * `R` is the type of the refusals of an invalid body.
 */
export interface NotifyFormat<R> extends SendFormat<R> {
  /** Creates the answer to a refusal. @param root the URL of this deployment, ending in a slash */
  readonly refuse: (
    c: Context,
    refusal: R | Refusal | CallerRefusal | BodyFault | DryRunFault,
    root: string,
  ) => Response;
}

/** Dependencies of {@link createSendHandler}. */
export interface SendHandlerPorts {
  readonly sendNotification: SendNotification;
  readonly bodyCost: BodyCost;
  /** The deployment's configured URL, without a trailing slash. When absent, links begin with the request's origin. */
  readonly publicUrl: string | undefined;
}

/**
 * Creates the handler of a route that sends one notification on `channel`. An accepted request is answered 201 with the
 * JSON text that the format presents; a replay by idempotency key gets the same text and the header
 * `Idempotent-Replayed: true`. A large body of a refused request counts against the service's rate limit. A dry run is
 * answered 200 with what the send would be answered, and changes nothing.
 */
export function createSendHandler<R extends { readonly kind: string }>(
  { sendNotification, bodyCost, publicUrl }: SendHandlerPorts,
  format: NotifyFormat<R>,
  channel: Channel,
): (c: CallerContext) => Promise<Response> {
  return async (c) => {
    const root = rootOf(c, publicUrl);
    const body = await readBody(c);
    const { caller } = c.var;
    const { context: { service }, key } = caller;
    const isDryRun = readDryRun(c);
    if (typeof isDryRun === "object") return format.refuse(c, isDryRun, root);
    if (!body.ok) {
      if (!isDryRun) await bodyCost.charge(service, key, bytesOfFault(body.refusal));
      return format.refuse(c, body.refusal, root);
    }
    const checked = { format, channel, body: body.value, root };
    if (isDryRun) {
      const plan = await sendNotification.check(caller, checked);
      if (!plan.ok) return format.refuse(c, plan.refusal, root);
      return answerJson(c, format.present(plan.value, root), 200);
    }
    const sent = await sendNotification.send(caller, {
      ...checked,
      path: c.req.path,
      idempotencyKey: c.req.header("idempotency-key"),
      waitUntil: waitUntil(c),
    });
    if (sent.ok) return answer(c, sent.value);
    await bodyCost.charge(service, key, body.value.bytes, sent.refusal.kind);
    return format.refuse(c, sent.refusal, root);
  };
}

/** Answers an accepted or replayed request. */
function answer(c: CallerContext, { answer, notificationId, replayed }: Sent): Response {
  if (notificationId !== undefined) c.var.requestLog.notificationId = notificationId;
  return answerJson(c, answer, 201, replayed ? { "idempotent-replayed": "true" } : {});
}
