/** What a request to send one notification would be answered, without sending it. */
import type { SuppressionStore } from "../../domain/ports/suppression_store.ts";
import { simulatedOutcome } from "../../domain/recipient/simulated.ts";
import { refuse, type Result } from "../../domain/result.ts";
import { checkCharges, dailyCharge, rateCharge } from "../../domain/sending/limits.ts";
import type { Plan } from "../../domain/sending/plan_notification.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { planOf, type PlanPorts } from "./accept_notification.ts";
import { isForLaterDay } from "./check_limits.ts";
import type { RequestFileLinks } from "./file_links.ts";
import type { ReplayPorts } from "./replay.ts";
import type { CheckCommand } from "./send_format.ts";
import type { SendingParty } from "./sending_party.ts";

/** Dependencies of {@link checkNotification}. */
export interface CheckPorts extends PlanPorts {
  readonly accepts: ReplayPorts["accepts"];
  readonly suppressions: Pick<SuppressionStore, "findSuppressed">;
}

/**
 * Returns the plan of a request that would be accepted, or the refusal that it would be answered with, in the order in
 * which the send checks: rate limit, daily limit, body, content and recipient, suppression, further limits. It writes
 * nothing. A command that hides suppressions is answered alike for every recipient.
 */
export async function checkNotification<R>(
  ports: CheckPorts,
  party: SendingParty,
  { format, channel, body, hidesSuppressions = false }: CheckCommand<R>,
  files: RequestFileLinks,
): Promise<Result<Plan, R | Refusal>> {
  const { context: { service }, key } = party;
  const now = ports.clock.now();
  const request = format.parse(body, { channel, country: service.settings.country, now });
  const planned = request.ok
    ? await planOf(ports, { party, request: request.value, files }, now)
    : request;
  const rate = rateCharge(service, key.kind, now);
  const today = key.kind === "test" ? [] : [dailyCharge(service, channel, now)];
  const charges = planned.ok && !planned.value.smokeTest ? planned.value.charges : [];
  const scopes = new Set([rate, ...today, ...charges].map(({ scope }) => scope));
  const [{ counters }, isSuppressed] = await Promise.all([
    ports.accepts.recall(service.id, undefined, [...scopes], now),
    planned.ok && !hidesSuppressions ? findSuppressed(ports, planned.value) : false,
  ]);
  const valueOf = (scope: string) => counters.get(scope) ?? 0;
  const first = isForLaterDay(service, request, now) ? [rate] : [rate, ...today];
  const limit = checkCharges(first, valueOf);
  if (limit !== undefined) return refuse(limit);
  if (!planned.ok) return planned;
  if (isSuppressed) return refuse({ kind: "recipient-suppressed" });
  const further = checkCharges(charges, valueOf);
  return further === undefined ? planned : refuse(further);
}

/** Whether the accept would reject the message for its recipient. */
async function findSuppressed(
  { suppressions }: Pick<CheckPorts, "suppressions">,
  { notification: { channel, serviceId, personal: { recipient } }, smokeTest }: Plan,
): Promise<boolean> {
  if (channel !== "sms" && channel !== "email") return false;
  // The accept does not look for a recipient that stands for an outcome.
  if (smokeTest || simulatedOutcome(channel, recipient) !== "delivered") return false;
  return (await suppressions.findSuppressed(serviceId, channel, [recipient])).has(recipient);
}
