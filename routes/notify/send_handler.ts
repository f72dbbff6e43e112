/** Sending one notification: what both shapes of GOV.UK Notify's API share. */
import type { Context } from "hono";
import type { BodyCost } from "../../application/sending/body_cost.ts";
import type { CallerRefusal } from "../../application/sending/authenticate.ts";
import type { Sent } from "../../application/sending/replay.ts";
import type { SendFormat, SendNotification } from "../../application/sending/send_notification.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import type { Channel } from "../../domain/service/service.ts";
import type { CallerContext } from "../http/authenticate_caller.ts";
import { type BodyFault, bytesOfFault, readBody } from "../http/body.ts";
import { rootOf, waitUntil } from "../http/context.ts";
import { answerJson } from "./headers.ts";

/** The wire format of an API that sends single notifications. `R` is the type of its refusals of a body. */
export interface NotifyFormat<R> extends SendFormat<R> {
  /** Answers a refusal. @param root the address of this deployment, ending in a slash */
  readonly refuse: (
    c: Context,
    refusal: R | Refusal | CallerRefusal | BodyFault,
    root: string,
  ) => Response;
}

/** Ports of {@link createSendHandler}. */
export interface SendHandlerPorts {
  readonly sendNotification: SendNotification;
  readonly bodyCost: BodyCost;
  /** The configured address of the deployment, without a trailing slash; the request's own when absent. */
  readonly publicUrl: string | undefined;
}

/** Creates the handler that sends a notification on a channel, in an API's format. */
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
    if (!body.ok) {
      await bodyCost.charge(service, key, bytesOfFault(body.refusal));
      return format.refuse(c, body.refusal, root);
    }
    const sent = await sendNotification.send(caller, {
      format,
      channel,
      body: body.value,
      path: c.req.path,
      idempotencyKey: c.req.header("idempotency-key"),
      root,
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
