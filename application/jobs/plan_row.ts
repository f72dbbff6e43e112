import type { JobChunk, JobRow } from "../../domain/jobs/job.ts";
import { dailyCharge, dailyScope, isRate, type QuotaCharge } from "../../domain/sending/limits.ts";
import type { PlanContext } from "../../domain/sending/plan_context.ts";
import { planNotification } from "../../domain/sending/plan_notification.ts";
import type { Accept } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ok, type Result } from "../../domain/result.ts";
import type { Service } from "../../domain/service/service.ts";
import type { UnsubscribeStore } from "../../domain/ports/unsubscribe_store.ts";

/** The dependencies of {@link planRow}. */
export interface PlanRowPorts {
  readonly clock: Clock;
  readonly unsubscribes: Pick<UnsubscribeStore, "issueToken">;
}

/**
 * Plans the notification of a job's row: returns what to store and what to charge to the limits when it is accepted. It
 * stores nothing. It refuses a row that was valid when it was uploaded but may not be sent any more.
 */
export async function planRow(
  { clock, unsubscribes }: PlanRowPorts,
  context: PlanContext,
  { job, leaseToken, limitDay }: JobChunk,
  { row, recipient, personalisation, reference, abroad }: JobRow,
): Promise<Result<Accept, Refusal>> {
  const { service, template } = context;
  const now = clock.now();
  const id = clock.newNotificationId();
  const unsubscribeToken = template?.unsubscribeLink === true
    ? await unsubscribes.issueToken({ serviceId: service.id, notificationId: id })
    : undefined;
  const planned = planNotification(
    { ...context, unsubscribeToken },
    {
      channel: job.channel,
      to: recipient,
      template: { by: "id", id: job.templateId },
      personalisation,
      reference: reference ?? null,
      senderId: job.senderId,
      oneClickUnsubscribeUrl: null,
      sanitise: [],
      delivery: {
        ...(job.validUntil === null ? {} : { validUntil: job.validUntil }),
        ...(job.urgent ? { urgent: true } : {}),
        job: { id: job.id, row },
      },
    },
    now,
    id,
  );
  if (!planned.ok) return planned;
  const { notification, charges, smokeTest } = planned.value;
  const accept = {
    revision: service.revision,
    idempotency: undefined,
    inBatch: true,
    jobLease: leaseToken,
    lease: undefined,
  };
  if (smokeTest) {
    // A smoke test's row is listed in the results, so it is accepted, but sent to the sandbox as with a test key.
    const { limitDay: _, ...simulated } = notification;
    return ok({ ...accept, notification: { ...simulated, keyKind: "test" }, charges: [] });
  }
  if (limitDay === undefined || notification.keyKind === "test") {
    // The upload was one request: the rate limit was charged for it, and does not apply to the operator.
    return ok({ ...accept, notification, charges: charges.filter((charge) => !isRate(charge)) });
  }
  const { international } = notification;
  return ok({
    ...accept,
    notification: { ...notification, limitDay },
    // The service's country may have changed since the upload.
    charges: international && abroad !== true ? [chargeAbroad(service, limitDay, now)] : [],
    takesFromJob: { abroad: international && abroad === true },
  });
}

/** What a text message to another country costs of a day. */
function chargeAbroad(service: Service, limitDay: number, now: number): QuotaCharge {
  const counter = "international_sms";
  return { ...dailyCharge(service, counter, now), scope: dailyScope(limitDay, counter) };
}
