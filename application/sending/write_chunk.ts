/** Writes one chunk of a batch. */
import type { ServiceId } from "../../domain/ids.ts";
import type { AcceptRejection } from "../../domain/ports/accept_store.ts";
import { refuse } from "../../domain/result.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import type { BatchPorts, BatchSource, BatchState, PlannedItem } from "./batch.ts";
import { acceptedResult, findReplayedItem, limitExceeded } from "./batch_results.ts";
import { planChunk, type PlannedChunk } from "./plan_batch_items.ts";
import { recallAll } from "./recall_batch.ts";
import { tooLarge } from "./too_large.ts";

/** An item that the store rejected. */
interface RejectedItem {
  readonly item: PlannedItem;
  readonly rejection: AcceptRejection;
}

/** The result of {@link writeChunk}. */
export interface WrittenChunk {
  /** How many of the given indexes the chunk had; the rest is for the next chunks. */
  readonly length: number;
  /** The indexes of items that were not decided, because the service changed; evaluate them again with fresh data. */
  readonly retry: readonly number[];
}

/**
 * Plans the first of the given items of a batch, as many as one chunk holds, and writes them to the store. The results
 * of all decided items are put into `state.results`.
 *
 * @param indexes the items, by their index in the batch
 */
export async function writeChunk(
  ports: BatchPorts,
  state: BatchState,
  source: BatchSource,
  indexes: readonly number[],
): Promise<WrittenChunk> {
  const chunk = await planChunk(ports, state, source, indexes);
  const { id: serviceId } = source.context.service;
  const rejected = [
    ...await storeSmokeTests(ports, state, serviceId, chunk),
    ...await acceptAll(ports, state, serviceId, chunk),
  ];
  return { length: chunk.length, retry: await explain(ports, state, source, chunk, rejected) };
}

/** Stores the answers to smoke-test recipients, for whom nothing else is written. @returns items with a used key */
async function storeSmokeTests(
  { accepts }: BatchPorts,
  { results }: BatchState,
  serviceId: ServiceId,
  { planned }: PlannedChunk,
): Promise<readonly RejectedItem[]> {
  const rejected: RejectedItem[] = [];
  for (const item of planned) {
    const { index, plan, answer, accept: { idempotency } } = item;
    if (!plan.smokeTest) continue;
    if (idempotency === undefined || await accepts.storeAnswer(serviceId, idempotency)) {
      results.set(index, acceptedResult(plan.notification.id, answer));
    } else rejected.push({ item, rejection: { reason: "idempotency-key" } });
  }
  return rejected;
}

/** Accepts the planned items. @returns the items that the store rejected */
async function acceptAll(
  { accepts, clock, rateLimits }: BatchPorts,
  { results, due }: BatchState,
  serviceId: ServiceId,
  { planned }: PlannedChunk,
): Promise<readonly RejectedItem[]> {
  const items = planned.filter(({ plan }) => !plan.smokeTest);
  if (items.length === 0) return [];
  const accepted = await accepts.acceptMany(items.map(({ accept }) => accept));
  const rejected: RejectedItem[] = [];
  const now = clock.now();
  for (const [at, item] of items.entries()) {
    const result = accepted[at];
    if (result === undefined) throw new Error("the store returned too few results");
    if (result.kind === "rejected") {
      rejected.push({ item, rejection: result });
      continue;
    }
    rateLimits.recordUse(serviceId, item.accept.charges);
    const { id, channel } = item.plan.notification;
    results.set(item.index, acceptedResult(id, item.answer));
    if ((item.accept.dueAt ?? 0) <= now) due.push({ serviceId, notificationId: id, channel });
  }
  return rejected;
}

/** The refusal of an item that no evaluation with fresh data would accept; `undefined` for others. */
function finalRefusal(rejection: AcceptRejection): Refusal | undefined {
  if (rejection.reason === "suppressed") return { kind: "recipient-suppressed" };
  return rejection.reason === "too-large" ? tooLarge(rejection) : undefined;
}

/**
 * Decides the items that were refused or rejected: a replay, a refusal, or another evaluation. Reads what it needs in
 * one round trip; a changed service needs none.
 *
 * @returns the items to evaluate again
 */
async function explain(
  ports: BatchPorts,
  { results }: BatchState,
  { context: { service }, items }: BatchSource,
  { refused }: PlannedChunk,
  rejected: readonly RejectedItem[],
): Promise<readonly number[]> {
  const keyOf = (index: number) => items[index]?.idempotency;
  const undecided: RejectedItem[] = [];
  for (const each of rejected) {
    const refusal = finalRefusal(each.rejection);
    if (refusal === undefined) undecided.push(each);
    else results.set(each.item.index, refuse(refusal));
  }
  const explainable = undecided.filter(({ rejection: { reason } }) => reason !== "revision");
  const recall = await recallAll(
    ports,
    service.id,
    [...explainable.map(({ item }) => item), ...refused].flatMap(({ index }) => keyOf(index) ?? []),
    explainable.flatMap(({ item }) => item.accept.charges.map(({ scope }) => scope)),
  );
  for (const { index, refusal } of refused) {
    const replayed = findReplayedItem(recall, keyOf(index));
    results.set(index, replayed?.ok === true ? replayed : refuse(refusal));
  }
  const retry: number[] = [];
  for (const { item: { index, accept }, rejection: { reason } } of undecided) {
    const replayed = reason === "revision" ? undefined : findReplayedItem(recall, keyOf(index));
    const limit = reason === "revision"
      ? undefined
      : limitExceeded(accept.charges, recall.counters);
    if (replayed !== undefined) results.set(index, replayed);
    else if (limit !== undefined) results.set(index, refuse(limit));
    else retry.push(index);
  }
  return retry;
}
