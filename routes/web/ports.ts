import type { Accounts } from "../../application/accounts/accounts.ts";
import type { CallbackManagement } from "../../application/callbacks/manage_callbacks.ts";
import type { TestCallback } from "../../application/callbacks/test_callback.ts";
import type { CallbackAllowance } from "../../domain/callbacks/callback_url.ts";
import type { CallbackStore } from "../../domain/ports/callback_store.ts";
import type { LoadListDrafts } from "../../application/jobs/list_drafts_on_demand.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { SendOne } from "../../application/sending/send_one.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import type { NotificationStore } from "../../domain/ports/notification_store.ts";
import type { SuppressionStore } from "../../domain/ports/suppression_store.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";
import type { ReadSheet } from "../../domain/ports/read_sheet.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type { Resend } from "../../application/sending/resend.ts";
import type { InboundStore } from "../../domain/ports/inbound_store.ts";
import type { KeptForms } from "../../domain/ports/kept_forms.ts";
import type { MessagePages } from "../../domain/ports/message_pages.ts";
import type { SearchTokens } from "../../domain/ports/search_tokens.ts";
import type { UnsubscribeStore } from "../../domain/ports/unsubscribe_store.ts";
import type { SmsPrices } from "../../domain/pricing/sms_prices.ts";
import type { SenderDefaults } from "../../domain/service/sender.ts";
import { rootOf } from "../http/context.ts";
import type { AccountRequest } from "../../application/accounts/account_request.ts";
import type { WebContext } from "./context.ts";

/** Dependencies of the pages. */
export interface WebPorts {
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly management: ManagementStore;
  /** The callbacks of services, as the management API changes them. */
  readonly callbacks: {
    readonly callbacks: Pick<CallbackStore, "get" | "readLog">;
    readonly manage: CallbackManagement;
    readonly allowance: CallbackAllowance;
    readonly test: TestCallback;
  };
  readonly sendOne: SendOne;
  readonly notifications: Pick<NotificationStore, "get" | "cancel" | "findByRecipient">;
  readonly suppressions: SuppressionStore;
  readonly unsubscribes: Pick<UnsubscribeStore, "list">;
  readonly inbound: Pick<InboundStore, "list" | "listFrom">;
  readonly loadLists: LoadListDrafts;
  readonly contexts: SendingContexts;
  readonly jobs: JobStore;
  readonly readSheet: ReadSheet;
  readonly resend: Resend;
  readonly messagePages: MessagePages;
  readonly searchTokens: SearchTokens;
  readonly keptForms: KeptForms;
  /** What text messages cost; `undefined` when the operator has not said so. */
  readonly smsPrices: SmsPrices | undefined;
  /** The deployment's senders for services that have none of their own. */
  readonly senderDefaults: SenderDefaults;
  /** The deployment's configured URL, without a trailing slash; `undefined` for the request's origin. */
  readonly publicUrl: string | undefined;
  /** Whom users write to: an e-mail address. */
  readonly contact: string;
  /** Whether the development mailbox holds what the pages send. */
  readonly hasMailbox: boolean;
}

/** Returns the server's URL, ending in a slash. */
export function webRootOf(c: WebContext, { publicUrl }: Pick<WebPorts, "publicUrl">): string {
  return rootOf(c, publicUrl);
}

/** The request, as the use cases of accounts need it. */
export function requestOf(c: WebContext): AccountRequest {
  return {
    address: c.env.client,
    browser: c.req.header("user-agent") ?? "",
    language: c.var.view.language,
    root: c.var.root,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  };
}
