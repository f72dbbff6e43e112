/** The types of a batch of notifications, shared by the steps that plan, write and replay it. */
import type { ServiceId } from "../../domain/ids.ts";
import type { Plan } from "../../domain/sending/plan_notification.ts";
import type { Accept, AcceptStore } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { SendingContext } from "../../domain/ports/sending_contexts.ts";
import type { UnsubscribeStore } from "../../domain/ports/unsubscribe_store.ts";
import type { SendRequest } from "../../domain/sending/send_request.ts";
import type { SenderDefaults } from "../../domain/service/sender.ts";
import type { ApiKey } from "../../domain/service/service.ts";
import type { TemplateVersion, Translations } from "../../domain/template/template_record.ts";
import type { BatchResult } from "./batch_results.ts";
import type { IdempotentRequest } from "./idempotency.ts";
import type { RateLimitCache } from "./rate_limit_cache.ts";

/** Ports of sending a batch. */
export interface BatchPorts {
  readonly clock: Clock;
  readonly accepts: AcceptStore;
  readonly rateLimits: RateLimitCache;
  readonly defaults: SenderDefaults;
  readonly unsubscribes: Pick<UnsubscribeStore, "issueToken">;
  /** Whether inbox messages of a service have readers. */
  readonly hasInbox: (serviceId: ServiceId) => boolean;
}

/** One notification of a batch. */
export interface BatchItem {
  readonly request: SendRequest;
  readonly template: TemplateVersion | undefined;
  /** The template's translations in other languages. */
  readonly translations?: Translations | undefined;
  readonly idempotency?: IdempotentRequest | undefined;
  /** The index in the batch of the inbox message whose acknowledgement cancels this one. */
  readonly followsItem?: number | undefined;
}

/** A batch with the service that it is evaluated by, loaded together. */
export interface BatchSource {
  readonly context: SendingContext;
  /** The same items in the same order at every load. */
  readonly items: readonly BatchItem[];
}

/** How the answer to an accepted item is written; it is stored for its idempotency key. */
export interface BatchAnswers {
  readonly present: (plan: Plan, root: string) => string;
  /** The address of this deployment, ending in a slash. */
  readonly root: string;
}

/** The state of one batch, through all of its evaluations. */
export interface BatchState {
  readonly key: ApiKey;
  /** The results so far, by the index of the item. */
  readonly results: Map<number, BatchResult>;
  readonly answers: BatchAnswers;
}

/** An item that can be accepted, if its counters allow it. */
export interface PlannedItem {
  readonly index: number;
  readonly plan: Plan;
  readonly accept: Accept;
  /** The data to store, and the answer to return, when the item is accepted. */
  readonly answer: string;
}
