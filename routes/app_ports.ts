import type { RegistryPorts } from "./mount_registry.ts";
import type { KeyUses } from "../application/access/key_uses.ts";
import type { SecurityLog } from "../application/access/security_log.ts";
import type { AccountPorts } from "../application/accounts/ports.ts";
import type { Dispatcher } from "../application/delivery/dispatcher.ts";
import type { ProviderManagement } from "../application/delivery/manage_providers.ts";
import type { Scrape } from "../application/metrics/scrape.ts";
import type { Readiness } from "../application/readiness.ts";
import type { Metrics } from "../domain/metrics/metrics.ts";
import type { AcceptStore } from "../domain/ports/accept_store.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { DeadLetterStore } from "../domain/ports/dead_letter_store.ts";
import type { DeadMessageStore } from "../domain/ports/dead_message_store.ts";
import type { DocumentStore } from "../domain/ports/document_store.ts";
import type { EventLog } from "../domain/ports/event_log.ts";
import type { InboundReader } from "../domain/ports/inbound_reader.ts";
import type { InboundStore } from "../domain/ports/inbound_store.ts";
import type { JobStore } from "../domain/ports/job_store.ts";
import type { ListDraftStore } from "../domain/ports/list_draft_store.ts";
import type { Log } from "../domain/ports/log.ts";
import type { MovableClock } from "../domain/ports/movable_clock.ts";
import type { Mailbox } from "../domain/ports/mailbox.ts";
import type { ManagementStore } from "../domain/ports/management_store.ts";
import type { DueRow } from "../domain/ports/outbox.ts";
import type { NotificationStore } from "../domain/ports/notification_store.ts";
import type { QueueStore } from "../domain/ports/queue_store.ts";
import type { ReadSheet } from "../domain/ports/read_sheet.ts";
import type { ReceiptReader } from "../domain/ports/receipt_reader.ts";
import type { ReceiptStore } from "../domain/ports/receipt_store.ts";
import type { SendingContexts } from "../domain/ports/sending_contexts.ts";
import type { StatisticsStore } from "../domain/ports/statistics_store.ts";
import type { WithinStoreBudget } from "../domain/ports/store_budget.ts";
import type { SuppressionStore } from "../domain/ports/suppression_store.ts";
import type { UnsubscribeStore } from "../domain/ports/unsubscribe_store.ts";
import type { SmsPrices } from "../domain/pricing/sms_prices.ts";
import type { SenderDefaults } from "../domain/service/sender.ts";
import type { InternalPorts } from "./internal/app.ts";
import type { ReadClientAddress } from "./http/client_address.ts";
import type { CallbackPorts } from "./manage/callbacks/ports.ts";

/** Dependencies of the whole application. */
export interface AppPorts {
  readonly clock: Clock;
  /** The time that callers have: their tokens are verified by it. It is `clock`'s unless development has moved that. */
  readonly outsideClock: Pick<Clock, "now">;
  /** How development moves `clock`; `undefined` where it cannot be moved. */
  readonly movableClock?: MovableClock | undefined;
  readonly log: Log;
  readonly securityLog: SecurityLog;
  /**
   * Determines a client's IP address. Security events name it, and failed guesses of credentials are counted by its
   * network.
   */
  readonly clientAddress: ReadClientAddress;
  readonly contexts: SendingContexts;
  readonly accepts: AcceptStore;
  readonly notifications: NotificationStore;
  readonly receipts: ReceiptStore;
  readonly management: ManagementStore;
  /** Returns the stores and settings of the people who sign in; the first call loads their modules. */
  readonly loadAccounts: () => Promise<AccountPorts>;
  readonly jobs: JobStore;
  readonly listDrafts: ListDraftStore;
  readonly readSheet: ReadSheet;
  /** Files that are sent by email; `undefined` when the deployment does not store files. */
  readonly documents: DocumentStore | undefined;
  readonly callbacks: CallbackPorts;
  readonly events: EventLog;
  /**
   * How many requests of the feeds of events may wait for a next event in this process. Any further one is refused with
   * 503. One caller may have half of these places and at most 250; beyond that it is refused with 429.
   */
  readonly maxWaiting: number;
  /** Aborted at shutdown: requests that wait for a next event are then answered with no events. */
  readonly stopping: AbortSignal | undefined;
  readonly unsubscribes: UnsubscribeStore;
  readonly statistics: StatisticsStore;
  readonly queues: QueueStore;
  readonly deadLetters: DeadLetterStore;
  /** The messages of the work queue that no consumer could handle. */
  readonly deadMessages: Pick<DeadMessageStore, "read">;
  /** Notes the uses of API keys. */
  readonly keyUses: Pick<KeyUses, "note">;
  readonly inbound: InboundStore;
  readonly suppressions: SuppressionStore;
  /**
   * The dependencies of `/api/…`; `undefined`, and these APIs do not exist, when no keys are configured to verify
   * access tokens with.
   */
  readonly registry: RegistryPorts | undefined;
  readonly dispatcher: Dispatcher;
  readonly providerManagement: ProviderManagement;
  /**
   * Starts attempts to deliver notifications that are due, for 20 seconds at most, and waits for their ends. Called
   * after a request accepted many notifications. Where there is a work queue and they are many, it puts messages into that
   * instead. Never rejects; the background loop delivers the rest.
   */
  readonly dispatch: (accepted: readonly DueRow[]) => Promise<void>;
  /** Readers of delivery receipts by provider; the key is the last segment of `/receipts/{provider}`. */
  readonly receiptReaders: Readonly<Record<string, ReceiptReader>>;
  /** The names of the providers that Hark knows and this deployment has not configured. */
  readonly unconfiguredProviders: readonly string[];
  /** Readers of received texts by provider; the key is the last segment of `/inbound/{provider}`. */
  readonly inboundReaders: Readonly<Record<string, InboundReader>>;
  readonly defaults: SenderDefaults;
  /** What text messages cost; `undefined` when the operator has not said so. */
  readonly smsPrices: SmsPrices | undefined;
  /** The bearer token of `/manage`. */
  readonly adminToken: string;
  /** A bearer token that opens `GET /metrics` only; `undefined` when there is none. */
  readonly metricsToken: string | undefined;
  /**
   * Runs the background work once for `POST /internal/dispatch`, and the bearer token of that address, which does not
   * exist without it.
   */
  readonly internal: InternalPorts | undefined;
  readonly metrics: Metrics;
  /** Returns this process's metrics in Prometheus' format, for `GET /metrics`. */
  readonly scrape: Scrape;
  /** The deployment's configured URL, without a trailing slash. When absent, links begin with the request's origin. */
  readonly publicUrl: string | undefined;
  /** The version that `GET /healthz` reports. */
  readonly version: string;
  readonly readiness: Readiness;
  /**
   * Runs the handling of a request, and bounds how long it waits for the database in all its calls together. When that
   * time is used up, the calls throw `StoreUnavailable`, which is answered with 503.
   */
  readonly withinStoreBudget: WithinStoreBudget;
  /**
   * The messages that the sandbox providers received; they deliver nothing. The development pages (`/dev/…`) exist only
   * when it is given.
   */
  readonly mailbox: Mailbox | undefined;
  /**
   * Returns shell commands that send a first message, for the mailbox's page. `root` is the server's URL and ends in a
   * slash. The default is commands with a placeholder for the template's id.
   */
  readonly firstSteps?: ((root: string) => string) | undefined;
  /** Loads the pages of development; without it there are none, whatever the mailbox. */
  readonly loadDevPages?: LoadDevPages | undefined;
}

/** Loads the module of the pages of development. The bundle of a Worker leaves out what `dev` alone imports. */
export type LoadDevPages = () => Promise<typeof import("./dev/app.tsx")>;
