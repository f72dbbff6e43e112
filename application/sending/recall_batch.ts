/** Reads, for items of a batch, earlier answers and counters. */
import type { ServiceId } from "../../domain/ids.ts";
import type { RecallOfMany } from "../../domain/ports/accept_store.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { refuse } from "../../domain/result.ts";
import type { BatchPorts, BatchSource, BatchState } from "./batch.ts";
import { type BatchResult, EMPTY_RECALL, findReplayedItem } from "./batch_results.ts";
import type { IdempotentRequest } from "./idempotency.ts";
import { BATCH_CHUNK_ITEMS, planChunk } from "./plan_batch_items.ts";

/**
 * Reads the stored answers to idempotency keys and the values of counters in one call of the store, without a call when
 * there are neither. It also puts the counters into the process's cache.
 *
 * @param scopes the names of the counters
 */
export async function recallAll(
  { clock, accepts, rateLimits }: Pick<BatchPorts, "clock" | "accepts" | "rateLimits">,
  serviceId: ServiceId,
  requests: readonly IdempotentRequest[],
  scopes: readonly string[],
): Promise<RecallOfMany> {
  if (requests.length === 0 && scopes.length === 0) return EMPTY_RECALL;
  const recall = await accepts.recallMany(
    serviceId,
    [...new Set(requests.map(({ keyHash }) => keyHash))],
    [...new Set(scopes)],
    clock.now(),
  );
  rateLimits.observe(serviceId, recall.counters);
  return recall;
}

/**
 * Returns the results of a batch of which nothing new is accepted, because of `limit`. Items that an earlier request
 * with the same idempotency key was accepted for get its answer. All others are refused with `limit`; but if any item
 * was accepted earlier, an item that is invalid in itself gets its own refusal, as in the first request.
 *
 * @param limit why nothing is accepted: the rate limit, or an archived service
 */
export async function replayOnly(
  ports: BatchPorts,
  state: BatchState,
  source: BatchSource,
  limit: Refusal,
): Promise<readonly BatchResult[]> {
  const { context: { service }, items } = source;
  const { results } = state;
  let left: number[] = [];
  for (let from = 0; from < items.length; from += BATCH_CHUNK_ITEMS) {
    const chunk = items.slice(from, from + BATCH_CHUNK_ITEMS);
    const requests = chunk.flatMap(({ idempotency }) => idempotency ?? []);
    const recall = await recallAll(ports, service.id, requests, []);
    for (const [at, { idempotency }] of chunk.entries()) {
      const replayed = findReplayedItem(recall, idempotency);
      if (replayed?.ok === true) results.set(from + at, replayed);
      else left.push(from + at);
    }
  }
  while (results.size > 0 && left.length > 0) {
    const chunk = left.slice(0, BATCH_CHUNK_ITEMS);
    const { refused, length } = await planChunk(ports, state, source, chunk);
    for (const { index, refusal } of refused) results.set(index, refuse(refusal));
    left = left.slice(length);
  }
  return items.map((_, index) => results.get(index) ?? refuse(limit));
}
