/** Plans the items of a batch, a chunk at a time. */
import { contentLength } from "../../domain/notification/notification.ts";
import type { IdempotencyClaim } from "../../domain/ports/accept_store.ts";
import type { SendingContext } from "../../domain/ports/sending_contexts.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { isRate } from "../../domain/sending/limits.ts";
import { planNotification } from "../../domain/sending/plan_notification.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import type { SendRequest } from "../../domain/sending/send_request.ts";
import { ITEMS_BEFORE_YIELD, yieldToEventLoop } from "../event_loop.ts";
import type { BatchItem, BatchPorts, BatchSource, BatchState, PlannedItem } from "./batch.ts";
import { toStoredAnswer } from "./batch_results.ts";
import { IDEMPOTENCY_TTL_MS } from "./idempotency.ts";

/** The most items of a chunk: items of a batch that are written together. A remote store takes it in one round trip. */
export const BATCH_CHUNK_ITEMS = 500;
/** The size of the contents of a chunk, in characters; its last item may exceed it. */
const BATCH_CHUNK_SIZE = 4_000_000;

/** An item that is refused before anything is written. */
export interface RefusedItem {
  /** The item's index in the batch. */
  readonly index: number;
  readonly refusal: Refusal;
}

/** The result of {@link planChunk}: each item of the chunk is either planned or refused. */
export interface PlannedChunk {
  readonly planned: readonly PlannedItem[];
  readonly refused: readonly RefusedItem[];
  /** How many of the given indexes the chunk has; the rest is for the next chunks. */
  readonly length: number;
}

/**
 * Plans the first of the given items of a batch, as many as one chunk holds (by number and size). It writes nothing.
 *
 * @param indexes the items to plan, by their index in the batch
 */
export async function planChunk(
  ports: BatchPorts,
  state: BatchState,
  { context, items }: BatchSource,
  indexes: readonly number[],
): Promise<PlannedChunk> {
  // One time for all items: those that come first in the batch then come first for the store as well.
  const now = ports.clock.now();
  const planned: PlannedItem[] = [];
  const refused: RefusedItem[] = [];
  let length = 0;
  let size = 0;
  for (const index of indexes) {
    if (length === BATCH_CHUNK_ITEMS || size >= BATCH_CHUNK_SIZE) break;
    if (length > 0 && length % ITEMS_BEFORE_YIELD === 0) await yieldToEventLoop();
    length++;
    const item = items[index];
    if (item === undefined) continue;
    const result = await planItem(ports, state, context, item, now);
    if (!result.ok) {
      refused.push({ index, refusal: result.refusal });
      continue;
    }
    planned.push({ index, ...result.value });
    size += contentLength(result.value.plan.notification.personal);
  }
  return { planned, refused, length };
}

async function planItem(
  { clock, defaults, unsubscribes, hasInbox, realms }: BatchPorts,
  { key, results, answers }: BatchState,
  context: SendingContext,
  item: BatchItem,
  now: number,
): Promise<Result<Omit<PlannedItem, "index">, Refusal>> {
  const { service } = context;
  if (!service.active) return refuse({ kind: "service-archived" });
  const id = clock.newNotificationId();
  const unsubscribeToken = item.template?.unsubscribeLink === true
    ? await unsubscribes.issueToken({ serviceId: service.id, notificationId: id })
    : undefined;
  const { template, translations } = item;
  const planned = planNotification(
    {
      ...context,
      key,
      defaults,
      template,
      translations,
      hasInbox: hasInbox(service.id),
      realms,
      unsubscribeToken,
    },
    { ...item.request, ...conditionOf(item, results) },
    now,
    id,
  );
  if (!planned.ok) return planned;
  const plan = planned.value;
  const { notification, charges } = plan;
  const dueAt = notification.delivery?.scheduledFor;
  const answer = answers.present(plan, answers.root);
  const idempotency: IdempotencyClaim | undefined = item.idempotency && {
    ...item.idempotency,
    expiresAt: now + IDEMPOTENCY_TTL_MS,
    answer: toStoredAnswer(notification.id, answer),
  };
  return ok({
    plan,
    answer,
    accept: {
      notification,
      revision: service.revision,
      // The batch as a whole has consumed from the rate limit.
      charges: charges.filter((charge) => !isRate(charge)),
      idempotency,
      inBatch: true,
      lease: undefined,
      ...(dueAt === undefined ? {} : { dueAt }),
    },
  });
}

/**
 * The condition of a follow-up, if the inbox message that it follows was accepted. Otherwise it is sent in any case.
 */
function conditionOf(
  { request, followsItem }: BatchItem,
  results: BatchState["results"],
): Pick<SendRequest, "delivery"> {
  const followed = followsItem === undefined ? undefined : results.get(followsItem);
  if (followed?.ok !== true) return {};
  return { delivery: { ...request.delivery, followsInboxMessage: followed.value.id } };
}
