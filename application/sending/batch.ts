/** The types of a batch of notifications, shared by the steps that plan, write and replay it. */
import type { ServiceId } from "../../domain/ids.ts";
import type { Plan } from "../../domain/sending/plan_notification.ts";
import type { Realm } from "../../domain/recipient/realm.ts";
import type { Accept, AcceptStore } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { DueRow } from "../../domain/ports/outbox.ts";
import type { SendingContext } from "../../domain/ports/sending_contexts.ts";
import type { UnsubscribeStore } from "../../domain/ports/unsubscribe_store.ts";
import type { SendRequest } from "../../domain/sending/send_request.ts";
import type { SenderDefaults } from "../../domain/service/sender.ts";
import type { ApiKey } from "../../domain/service/service.ts";
import type { TemplateVersion, Translations } from "../../domain/template/template_record.ts";
import type { BatchResult } from "./batch_results.ts";
import type { IdempotentRequest } from "./idempotency.ts";
import type { RateLimitCache } from "./rate_limit_cache.ts";

/** Dependencies of sending a batch. */
export interface BatchPorts {
  readonly clock: Clock;
  readonly accepts: AcceptStore;
  readonly rateLimits: RateLimitCache;
  readonly defaults: SenderDefaults;
  readonly unsubscribes: Pick<UnsubscribeStore, "issueToken">;
  /** Whether recipients can read inbox messages of this service; otherwise it may send none. */
  readonly hasInbox: (serviceId: ServiceId) => boolean;
  /**
   * The realms (portals: `citizen`, `officer`) whose people can read their inboxes; absent when the deployment does not
   * distinguish realms.
   */
  readonly realms?: readonly Realm[] | undefined;
}

/** One notification of a batch. */
export interface BatchItem {
  readonly request: SendRequest;
  /** The newest version of the template that the request names; `undefined`, if there is none, refuses the item. */
  readonly template: TemplateVersion | undefined;
  /** The template's translations in other languages. */
  readonly translations?: Translations | undefined;
  readonly idempotency?: IdempotentRequest | undefined;
  /**
   * The index in the batch of an inbox message: this notification is then a follow-up, which is cancelled if the
   * recipient acknowledges that message before it is sent.
   */
  readonly followsItem?: number | undefined;
}

/**
 * The items of a batch, with the service that sends them, as loaded at one time. A batch may be loaded several times.
 */
export interface BatchSource {
  readonly context: SendingContext;
  /** The items, in the same order at every load; only their templates may differ. */
  readonly items: readonly BatchItem[];
}

/** How the answers to accepted items are composed. An answer is stored for the item's idempotency key, for replays. */
export interface BatchAnswers {
  /** Returns the answer to an accepted item, as JSON text. */
  readonly present: (plan: Plan, root: string) => string;
  /** The URL of this deployment, ending in a slash, which `present` gets. */
  readonly root: string;
}

/** The state of one batch, which is kept when items are evaluated again because the service changed. */
export interface BatchState {
  readonly key: ApiKey;
  /** The results of the items that are decided, by index in the batch. */
  readonly results: Map<number, BatchResult>;
  /** The accepted notifications that are due at once. */
  readonly due: DueRow[];
  readonly answers: BatchAnswers;
}

/**
 * A valid item of a batch, ready to be written. The store may still reject it because of a limit or its idempotency
 * key.
 */
export interface PlannedItem {
  /** The item's index in the batch. */
  readonly index: number;
  readonly plan: Plan;
  /** What to write to the store. */
  readonly accept: Accept;
  /** The answer to return when the item is accepted, as JSON text. */
  readonly answer: string;
}
