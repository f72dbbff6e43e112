import type { ServiceId } from "../../domain/ids.ts";
import { rateCharge } from "../../domain/sending/limits.ts";
import type { DueRow } from "../../domain/ports/outbox.ts";
import { StoreUnavailable } from "../../domain/ports/store_unavailable.ts";
import type { SendingContext } from "../../domain/ports/sending_contexts.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { refuse } from "../../domain/result.ts";
import type { ApiKey } from "../../domain/service/service.ts";
import { MAX_CONFLICT_ATTEMPTS } from "./authenticate.ts";
import type { BatchAnswers, BatchItem, BatchPorts, BatchSource, BatchState } from "./batch.ts";
import {
  type BatchItemResult,
  type BatchResult,
  findReplayedItem,
  limitExceeded,
} from "./batch_results.ts";
import type { WaitUntil } from "./file_links.ts";
import type { IdempotentRequest } from "./idempotency.ts";
import { BATCH_CHUNK_ITEMS } from "./plan_batch_items.ts";
import { recallAll, replayOnly } from "./recall_batch.ts";
import { writeChunk } from "./write_chunk.ts";

/** Dependencies of {@link createSendBatch}. */
export interface SendBatchPorts extends BatchPorts {
  /** Starts the delivery of notifications that were just accepted and are due. Never rejects. */
  readonly dispatch: (accepted: readonly DueRow[]) => Promise<void>;
}

/** Sends many notifications at once, each with its own result. */
export interface SendBatch {
  /**
   * Accepts the items of a batch and returns the result of each, in order. When a daily limit suffices for some items
   * only, the first ones are accepted.
   *
   * The whole batch counts as one request against the rate limit. When that is exceeded, items that an earlier request
   * with the same idempotency key was accepted for get its answer, and all others are refused. When it returns,
   * everything accepted is on disk, and its delivery starts (with `waitUntil`). When it throws, some items may have
   * been accepted; a retry with the same idempotency keys accepts the rest.
   *
   * @param load loads the service and the items; it is called again when the service changed meanwhile. When the first
   * call returns `undefined`, the result is empty; when a later one does, the items that are left are refused as
   * `unjudged`
   * @param answers how the answers to accepted items are composed; without it they are empty
   */
  send(
    key: ApiKey,
    load: () => Promise<BatchSource | undefined>,
    waitUntil: WaitUntil,
    answers?: BatchAnswers,
  ): Promise<readonly BatchResult[]>;
  /** Counts one request against the rate limit. @returns the refusal when the limit is exceeded, else `undefined` */
  consumeRateLimit(
    key: ApiKey,
    context: Pick<SendingContext, "service">,
  ): Promise<Refusal | undefined>;
  /**
   * Finds the items that earlier requests with these idempotency keys and the same content were accepted for. A request
   * without such an item is absent from the map.
   */
  recall(
    serviceId: ServiceId,
    requests: readonly IdempotentRequest[],
  ): Promise<ReadonlyMap<IdempotentRequest, BatchItemResult>>;
}

const NO_ANSWERS: BatchAnswers = { present: () => "", root: "" };

/** Creates the use case of sending a batch. */
export function createSendBatch(ports: SendBatchPorts): SendBatch {
  const { clock, accepts, rateLimits, dispatch } = ports;

  /** Sends the chosen items of a batch, until each has a result or the service kept changing. */
  async function sendItems(
    state: BatchState,
    first: BatchSource,
    load: () => Promise<BatchSource | undefined>,
    isChosen: (item: BatchItem) => boolean,
  ): Promise<void> {
    let source: BatchSource | undefined = first;
    let isLost = false;
    let left: readonly number[] = first.items.flatMap((item, index) =>
      isChosen(item) ? [index] : []
    );
    for (let attempt = 0; attempt < MAX_CONFLICT_ATTEMPTS && left.length > 0; attempt++) {
      if (attempt > 0) source = await load();
      if (source === undefined) break;
      const retry: number[] = [];
      for (let from = 0; from < left.length;) {
        const indexes = left.slice(from, from + BATCH_CHUNK_ITEMS);
        try {
          const chunk = await writeChunk(ports, state, source, indexes);
          retry.push(...chunk.retry);
          from += chunk.length;
        } catch (error) {
          // The items that are decided have answers; the caller repeats the others.
          if (!(error instanceof StoreUnavailable) || state.results.size === 0) throw error;
          isLost = true;
          retry.push(...left.slice(from));
          break;
        }
      }
      left = retry;
      if (isLost) break;
    }
    for (const index of left) state.results.set(index, refuse({ kind: "unjudged" }));
  }

  async function consumeRateLimit(
    key: ApiKey,
    { service }: Pick<SendingContext, "service">,
  ): Promise<Refusal | undefined> {
    const charges = [rateCharge(service, key.kind, clock.now())];
    const cached = rateLimits.check(service.id, charges);
    if (cached !== undefined) return cached;
    if (await accepts.charge(service.id, charges)) {
      rateLimits.recordUse(service.id, charges);
      return undefined;
    }
    const recall = await recallAll(ports, service.id, [], charges.map(({ scope }) => scope));
    return limitExceeded(charges, recall.counters);
  }

  return {
    consumeRateLimit,

    async send(key, load, waitUntil, answers = NO_ANSWERS) {
      const first = await load();
      if (first === undefined) return [];
      const refusal: Refusal | undefined = first.context.service.active
        ? await consumeRateLimit(key, first.context)
        : { kind: "service-archived" };
      const state: BatchState = { key, answers, results: new Map(), due: [] };
      if (refusal !== undefined) return await replayOnly(ports, state, first, refusal);
      // Follow-ups come after the inbox messages that they follow, because they refer to them by id.
      const isFollowUp = ({ followsItem }: BatchItem) => followsItem !== undefined;
      await sendItems(state, first, load, (item) => !isFollowUp(item));
      if (first.items.some(isFollowUp)) await sendItems(state, first, load, isFollowUp);
      // The loop of a process, or the cron, finds what is scheduled when it is due.
      if (state.due.length > 0) waitUntil(dispatch(state.due));
      return first.items.map((_, index) => {
        const result = state.results.get(index);
        if (result === undefined) throw new Error("an item of the batch has no result");
        return result;
      });
    },

    async recall(serviceId, requests) {
      const recall = await recallAll(ports, serviceId, requests, []);
      return new Map(requests.flatMap((request) => {
        const replayed = findReplayedItem(recall, request);
        return replayed?.ok === true ? [[request, replayed.value] as const] : [];
      }));
    },
  };
}
