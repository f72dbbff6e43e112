/** The limits of a single send, as far as they are checked before its body is valid. */
import type { Refusal } from "../../domain/sending/refusal.ts";
import { limitDayOf } from "../../domain/sending/limit_day.ts";
import { checkCharges, dailyCharge, rateCharge } from "../../domain/sending/limits.ts";
import { refuse, type Result } from "../../domain/result.ts";
import type { SendRequest } from "../../domain/sending/send_request.ts";
import type { Channel, Service } from "../../domain/service/service.ts";
import { type Evaluated, RETRY } from "./accept_notification.ts";
import type { IdempotentRequest } from "./idempotency.ts";
import { findReplay, type ReplayPorts } from "./replay.ts";
import type { SendingParty } from "./sending_party.ts";

/**
 * Returns the refusal of the rate limit or of the present day's limit, if one of them is used up according to this
 * process's cache; otherwise `undefined`. A cached rate limit that is used up is so in the store too. A cached daily
 * limit may not be, because the store gives back what is cancelled: ask {@link decideDailyLimit} before refusing.
 *
 * @param now epoch milliseconds
 */
export function checkCachedLimits(
  { rateLimits }: Pick<ReplayPorts, "rateLimits">,
  { context: { service }, key }: SendingParty,
  channel: Channel,
  now: number,
): Refusal | undefined {
  const rate = rateCharge(service, key.kind, now);
  const charges = key.kind === "test" ? [rate] : [rate, dailyCharge(service, channel, now)];
  return rateLimits.check(service.id, charges);
}

/** Whether a valid request is to be sent on a later day than the present one, whose daily limit it does not use. */
export function isForLaterDay<R>(
  service: Service,
  request: Result<SendRequest, R>,
  now: number,
): boolean {
  const sendAt = request.ok ? request.value.delivery?.scheduledFor : undefined;
  return sendAt !== undefined && limitDayOf(service, sendAt).day > limitDayOf(service, now).day;
}

/**
 * Decides by the store whether the present day's limit is used up, in one call: the answer to an earlier request with the
 * same idempotency key, or the refusal. `undefined` when the limit is not used up; {@link RETRY} when the service has
 * changed since it was loaded.
 *
 * @param now epoch milliseconds
 */
export async function decideDailyLimit(
  ports: ReplayPorts,
  { context }: SendingParty,
  channel: Channel,
  idempotency: IdempotentRequest | undefined,
  now: number,
): Promise<Evaluated<Refusal> | undefined> {
  const charge = dailyCharge(context.service, channel, now);
  const { replay, revision, counters } = await findReplay(
    ports,
    context,
    idempotency,
    [charge.scope],
  );
  if (revision !== context.service.revision) return RETRY;
  if (replay?.ok === true) return replay;
  const limit = checkCharges([charge], (scope) => counters.get(scope) ?? 0);
  return limit === undefined ? undefined : refuse(limit);
}
