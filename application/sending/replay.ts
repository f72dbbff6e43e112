/** Idempotent replay of single sends: the answer to an earlier request with the same idempotency key. */
import { checkCharges, type QuotaCharge } from "../../domain/sending/limits.ts";
import type { AcceptStore } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { SendingContext } from "../../domain/ports/sending_contexts.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { NotificationId } from "../../domain/ids.ts";
import type { IdempotentRequest } from "./idempotency.ts";
import type { RateLimitCache } from "./rate_limit_cache.ts";

/** Dependencies of {@link findReplay}, {@link replayOrRefuse} and {@link findReplayOrLimit}. */
export interface ReplayPorts {
  readonly clock: Clock;
  readonly accepts: Pick<AcceptStore, "recall">;
  readonly rateLimits: RateLimitCache;
}

/** The answer to a request that was accepted, now or earlier. */
export interface Sent {
  /** The body of the answer, as JSON text. */
  readonly answer: string;
  /** The notification that this request created; `undefined` for a replay. */
  readonly notificationId: NotificationId | undefined;
  /** Whether an earlier request with the same idempotency key got this answer, and this request wrote nothing. */
  readonly replayed: boolean;
}

interface Lookup {
  /** `undefined` when the key was not used before. */
  readonly replay: Result<Sent, Refusal> | undefined;
  /** The service's revision; `undefined` when it does not exist. */
  readonly revision: number | undefined;
  readonly counters: ReadonlyMap<string, number>;
}

/**
 * Reads the stored answer to an idempotency key, and the values of counters, in one call of the store. It also puts the
 * counters into the process's cache.
 *
 * @param scopes the names of the counters
 * @returns `replay` is the stored answer, a refusal when the key was used for another request, or `undefined` when the
 * key was not used
 */
export async function findReplay(
  { clock, accepts, rateLimits }: ReplayPorts,
  { service }: Pick<SendingContext, "service">,
  idempotency: IdempotentRequest | undefined,
  scopes: readonly string[],
): Promise<Lookup> {
  const recall = await accepts.recall(service.id, idempotency?.keyHash, scopes, clock.now());
  const { earlier, ...rest } = recall;
  rateLimits.observe(service.id, rest.counters);
  if (earlier === undefined) return { replay: undefined, ...rest };
  if (earlier.requestHash !== idempotency?.requestHash) {
    return { replay: refuse({ kind: "idempotency-key-reused" }), ...rest };
  }
  const sent = { answer: earlier.answer, notificationId: undefined, replayed: true };
  return { replay: ok(sent), ...rest };
}

/**
 * Returns the stored answer to a request that would be refused now but was accepted earlier, by its idempotency key;
 * otherwise the refusal. When the service came from the cache, it returns the refusal without a look-up, because the
 * caller then evaluates the request again with fresh data.
 */
export async function replayOrRefuse<R>(
  ports: ReplayPorts,
  context: SendingContext,
  idempotency: Result<IdempotentRequest | undefined, Refusal>,
  refusal: R,
): Promise<Result<Sent, R>> {
  if (!idempotency.ok || idempotency.value === undefined || !context.fresh) return refuse(refusal);
  const { replay } = await findReplay(ports, context, idempotency.value, []);
  return replay?.ok === true ? replay : refuse(refusal);
}

/**
 * Returns the stored answer to the request's idempotency key (or the refusal of a key that was used for another
 * request), else the refusal of the limit that its charges would exceed. `undefined` when neither applies, so that it
 * may be accepted.
 */
export async function findReplayOrLimit(
  ports: ReplayPorts,
  context: Pick<SendingContext, "service">,
  idempotency: IdempotentRequest | undefined,
  charges: readonly QuotaCharge[],
): Promise<Result<Sent, Refusal> | undefined> {
  const scopes = charges.map(({ scope }) => scope);
  const { replay, counters } = await findReplay(ports, context, idempotency, scopes);
  if (replay !== undefined) return replay;
  const limit = checkCharges(charges, (scope) => counters.get(scope) ?? 0);
  return limit === undefined ? undefined : refuse(limit);
}
