import type { ReadSheet } from "../../domain/ports/read_sheet.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { NotificationStore } from "../../domain/ports/notification_store.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import type { DeadLetterStore } from "../../domain/ports/dead_letter_store.ts";
import type { DeadMessageStore } from "../../domain/ports/dead_message_store.ts";
import type { ReceiptStore } from "../../domain/ports/receipt_store.ts";
import type { QueueStore } from "../../domain/ports/queue_store.ts";
import type { StatisticsStore } from "../../domain/ports/statistics_store.ts";
import type { InboundStore } from "../../domain/ports/inbound_store.ts";
import type { SmsPrices } from "../../domain/pricing/sms_prices.ts";
import type { SuppressionStore } from "../../domain/ports/suppression_store.ts";
import type { UnsubscribeStore } from "../../domain/ports/unsubscribe_store.ts";
import type { ProviderManagement } from "../../application/delivery/manage_providers.ts";
import type { Accounts } from "../../application/accounts/accounts.ts";
import type { CallbackPorts } from "./callbacks/ports.ts";
import type { Resend } from "../../application/sending/resend.ts";
import type { Uploads } from "../../application/jobs/upload.ts";

/** The dependencies of the routes of jobs, `/manage/services/{service_id}/jobs`. */
export interface JobPorts {
  readonly clock: Clock;
  readonly store: Pick<ManagementStore, "getService">;
  readonly contexts: Pick<SendingContexts, "load">;
  readonly jobs: JobStore;
  readonly uploads: Uploads;
  readonly readSheet: ReadSheet;
  readonly accounts: Pick<Accounts, "audit">;
  /** What text messages cost; `undefined` when the operator has not said so. */
  readonly smsPrices: SmsPrices | undefined;
}

/** The dependencies of the management API. */
export interface ManagePorts extends JobPorts {
  readonly store: ManagementStore;
  readonly notifications: NotificationStore;
  readonly resend: Resend;
  readonly unsubscribes: Pick<UnsubscribeStore, "list">;
  readonly providers: ProviderManagement;
  readonly callbacks: CallbackPorts;
  readonly statistics: StatisticsStore;
  readonly queues: QueueStore;
  readonly inbound: InboundStore;
  readonly suppressions: SuppressionStore;
  readonly accounts: Pick<
    Accounts,
    | "members"
    | "invitations"
    | "audit"
    | "operators"
    | "managementTokens"
    | "goLive"
    | "replyToProofs"
    | "services"
  >;
  /** The deployment's URL, without a trailing slash; links begin with the request's origin when it is `undefined`. */
  readonly publicUrl: string | undefined;
  readonly deadLetters: DeadLetterStore;
  readonly deadMessages: Pick<DeadMessageStore, "read">;
  readonly receipts: Pick<ReceiptStore, "listUnmatched">;
  /** Hark's version, for the OpenAPI document. */
  readonly version: string;
  /** The operator's admin token: the bearer token that allows everything. */
  readonly adminToken: string;
}
