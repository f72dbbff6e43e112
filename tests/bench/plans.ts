import type { Plan } from "../../domain/sending/plan_notification.ts";
import { planNotification } from "../../domain/sending/plan_notification.ts";
import type { Accept } from "../../domain/ports/accept_store.ts";
import type { SendingContext } from "../../domain/ports/sending_contexts.ts";
import type { SendRequest } from "../../domain/sending/send_request.ts";
import type { ApiKey, Channel } from "../../domain/service/service.ts";
import type { BenchHark } from "./bench_hark.ts";
import { EMAIL_PERSONALISATION, SMS_PERSONALISATION } from "./messages.ts";

/** The input of planning: a validated request with its context. */
export interface Planning {
  readonly context: SendingContext;
  readonly key: ApiKey;
  readonly request: SendRequest;
  plan(): Plan;
  /** A new accept; with a lease when a token is passed. */
  accept(leaseToken?: string): Accept;
}

/** Creates the input of the steps after validation. */
export async function startPlanning(bench: BenchHark, channel: Channel): Promise<Planning> {
  const { contexts, clock, serviceId, defaults } = bench;
  const id = channel === "sms" ? bench.smsTemplateId : bench.emailTemplateId;
  const context = await contexts.load(serviceId, { fresh: true, template: { by: "id", id } });
  const key = context?.keys.find(({ kind }) => kind === "live");
  if (context === undefined || key === undefined) throw new Error("the bench's service is gone");
  const request: SendRequest = {
    channel,
    to: channel === "sms" ? "07900 900123" : "ann@example.com",
    template: { by: "id", id },
    personalisation: channel === "sms" ? SMS_PERSONALISATION : EMAIL_PERSONALISATION,
    reference: "order 1234",
    senderId: null,
    oneClickUnsubscribeUrl: null,
    sanitise: [],
  };
  const planning = { ...context, key, defaults };
  const plan = () => {
    const planned = planNotification(planning, request, clock.now(), clock.newNotificationId());
    if (!planned.ok) throw new Error(planned.refusal.kind);
    return planned.value;
  };
  return {
    context,
    key,
    request,
    plan,
    accept(leaseToken) {
      const { notification, charges } = plan();
      return {
        notification,
        revision: context.service.revision,
        charges,
        idempotency: undefined,
        lease: leaseToken === undefined
          ? undefined
          : { token: leaseToken, until: clock.now() + 30_000 },
      };
    },
  };
}
