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

/** Ports of {@link findReplay} and the functions on top of it. */
export interface ReplayPorts {
  readonly clock: Clock;
  readonly accepts: Pick<AcceptStore, "recall">;
  readonly rateLimits: RateLimitCache;
}

/** The answer to an accepted or replayed request. */
export interface Sent {
  readonly answer: string;
  /** The notification that this request created; `undefined` for a replay. */
  readonly notificationId: NotificationId | undefined;
  /** The answer was given before, to the same idempotency key. */
  readonly replayed: boolean;
}

interface Lookup {
  /** `undefined` when the key was not used before. */
  readonly replay: Result<Sent, Refusal> | undefined;
  readonly counters: ReadonlyMap<string, number>;
}

/** Reads the earlier answer to an idempotency key, and counters, in one round trip. */
export async function findReplay(
  { clock, accepts, rateLimits }: ReplayPorts,
  { service }: Pick<SendingContext, "service">,
  idempotency: IdempotentRequest | undefined,
  scopes: readonly string[],
): Promise<Lookup> {
  const recall = await accepts.recall(service.id, idempotency?.keyHash, scopes, clock.now());
  const { earlier, counters } = recall;
  rateLimits.observe(service.id, counters);
  if (earlier === undefined) return { replay: undefined, counters };
  if (earlier.requestHash !== idempotency?.requestHash) {
    return { replay: refuse({ kind: "idempotency-key-reused" }), counters };
  }
  const sent = { answer: earlier.answer, notificationId: undefined, replayed: true };
  return { replay: ok(sent), counters };
}

/**
 * Replays a request that is refused now, if it was accepted before; otherwise refuses it. Refusals by cached data are not
 * looked up: such a request is evaluated again.
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
 * Decides a request by its idempotency key and its counters: the replay, or the limit that is reached. `undefined` when
 * neither applies.
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
