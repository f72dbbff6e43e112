import { parseTemplateId, type TemplateId } from "../../domain/ids.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import type { SendRequest } from "../../domain/sending/send_request.ts";
import type { Authenticator, Caller } from "./authenticate.ts";
import type { BatchAnswers, BatchItem, BatchSource } from "./batch.ts";
import type { BatchItemResult } from "./batch_results.ts";
import type { WaitUntil } from "./file_links.ts";
import type { IdempotentRequest } from "./idempotency.ts";
import type { SendBatch } from "./send_batch.ts";

/** Dependencies of {@link createSendNotificationBatch}. */
export interface NotificationBatchPorts {
  readonly authenticator: Pick<Authenticator, "reload">;
  readonly sendBatch: Pick<SendBatch, "send" | "recall">;
  readonly templates: Pick<ManagementStore, "getTemplates">;
}

/** An item of a batch after its validation: a request to send, or why the item is not valid. */
export interface ParsedItem<R> {
  readonly request: Result<SendRequest, R>;
  readonly idempotency: IdempotentRequest | undefined;
}

/** A batch of notifications of any templates and channels, which came in one request. */
export interface BatchCommand<R> {
  readonly items: readonly ParsedItem<R>[];
  /** How the answers to accepted items are composed. */
  readonly answers: BatchAnswers;
  readonly waitUntil: WaitUntil;
}

/** The result of one item: it was accepted, now or earlier, or why it was refused. */
export type ItemResult<R> = Result<BatchItemResult, R | Refusal>;

/**
 * Sends notifications of any templates and channels in one request, which counts once against the rate limit. Invalid
 * items are refused and do not affect the others.
 *
 * @returns the result of each item, in order. When the rate limit is exceeded, the whole batch is refused; but if an
 * earlier request with the same idempotency key was accepted for any item, each item has a result
 */
export type SendNotificationBatch = <R>(
  caller: Caller,
  command: BatchCommand<R>,
) => Promise<Result<readonly ItemResult<R>[], Refusal>>;

interface SendableItem {
  readonly index: number;
  readonly request: SendRequest;
  readonly idempotency: IdempotentRequest | undefined;
}

/** Creates the use case of `POST /v2/notifications/batch`. */
export function createSendNotificationBatch(
  { authenticator, sendBatch, templates }: NotificationBatchPorts,
): SendNotificationBatch {
  /**
   * Loads the templates of a batch, after the service: a template that changes later changes the service's revision.
   */
  async function loadSource(
    { context }: Caller,
    sendable: readonly SendableItem[],
  ): Promise<BatchSource> {
    const ids = new Set(sendable.flatMap(({ request }) => templateIdOf(request) ?? []));
    const loaded = await templates.getTemplates(context.service.id, [...ids]);
    const byId = new Map(loaded.map((entry) => [entry.template.id, entry]));
    const items = sendable.map(({ request, idempotency }): BatchItem => {
      const id = templateIdOf(request);
      const { template, translations } = (id === undefined ? undefined : byId.get(id)) ?? {};
      return { request, idempotency, template, translations };
    });
    return { context, items };
  }

  return async (caller, { items, answers, waitUntil }) => {
    const { service } = caller.context;
    const sendable = items.flatMap(({ request, idempotency }, index): readonly SendableItem[] =>
      request.ok ? [{ index, request: request.value, idempotency }] : []
    );
    let isLoaded = false;
    async function load(): Promise<BatchSource | undefined> {
      const current = isLoaded ? await authenticator.reload(caller, { fresh: true }) : ok(caller);
      isLoaded = true;
      return current.ok ? await loadSource(current.value, sendable) : undefined;
    }
    const sent = sendable.length === 0
      ? []
      : await sendBatch.send(caller.key, load, waitUntil, answers);
    // An item that cannot be parsed any more may have been accepted before.
    const replays = await sendBatch.recall(
      service.id,
      items.flatMap(({ request, idempotency }) => request.ok ? [] : idempotency ?? []),
    );
    const limited = sent.find((result) => !result.ok && result.refusal.kind === "rate-limited");
    // A batch that was sent before gets a result for each of its items.
    const isReplay = replays.size > 0 || sent.some(({ ok }) => ok);
    if (limited?.ok === false && !isReplay) return refuse(limited.refusal);

    const results = new Map(sendable.map(({ index }, at) => [index, sent[at]]));
    return ok(items.map(({ request, idempotency }, index) => {
      if (request.ok) return results.get(index) ?? refuse({ kind: "unjudged" });
      const replay = idempotency && replays.get(idempotency);
      return replay === undefined ? request : ok(replay);
    }));
  };
}

function templateIdOf({ template }: SendRequest): TemplateId | undefined {
  return template.by === "id" ? parseTemplateId(template.id) : undefined;
}
