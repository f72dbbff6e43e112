import type { JobChunk, JobRow } from "../../domain/jobs/job.ts";
import { isRate } from "../../domain/sending/limits.ts";
import type { PlanContext } from "../../domain/sending/plan_context.ts";
import { planNotification } from "../../domain/sending/plan_notification.ts";
import type { Accept } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ok, type Result } from "../../domain/result.ts";
import type { UnsubscribeStore } from "../../domain/ports/unsubscribe_store.ts";

/** The dependencies of {@link planRow}. */
export interface PlanRowPorts {
  readonly clock: Clock;
  readonly unsubscribes: Pick<UnsubscribeStore, "issueToken">;
}

/**
 * Plans the notification of a job's row: what is to be stored and counted when it is accepted. It stores nothing. It
 * refuses a row that was valid when it was uploaded but may not be sent any more.
 */
export async function planRow(
  { clock, unsubscribes }: PlanRowPorts,
  context: PlanContext,
  { job, leaseToken }: JobChunk,
  { row, recipient, personalisation, reference }: JobRow,
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
  return ok({
    // A smoke test's row is listed in the results, so it is accepted, but sent to the sandbox as with a test key.
    notification: smokeTest ? { ...notification, keyKind: "test" } : notification,
    revision: service.revision,
    // The upload was one request: the rate limit was charged for it, and does not apply to the operator.
    charges: smokeTest ? [] : charges.filter((charge) => !isRate(charge)),
    idempotency: undefined,
    inBatch: true,
    jobLease: leaseToken,
    lease: undefined,
  });
}
