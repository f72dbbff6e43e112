import type { AccountLinkStore } from "../../domain/ports/account_link_store.ts";
import type { AccountSecrets } from "../../domain/ports/account_secrets.ts";
import type { AccountStore } from "../../domain/ports/account_store.ts";
import type { AuditStore } from "../../domain/ports/audit_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { GoLiveStore } from "../../domain/ports/go_live_store.ts";
import type { KeptForms } from "../../domain/ports/kept_forms.ts";
import type { Log } from "../../domain/ports/log.ts";
import type { ManagementTokenStore } from "../../domain/ports/management_token_store.ts";
import type { MessagePages } from "../../domain/ports/message_pages.ts";
import type { PasswordHasher } from "../../domain/ports/password_hasher.ts";
import type { ReplyToProofStore } from "../../domain/ports/reply_to_proof_store.ts";
import type { SecondFactorStore } from "../../domain/ports/second_factor_store.ts";
import type { ServiceOverviewStore } from "../../domain/ports/service_overview_store.ts";
import type { ServiceSettingsStore } from "../../domain/ports/service_settings_store.ts";
import type { SearchTokens } from "../../domain/ports/search_tokens.ts";
import type { ServiceSummaryStore } from "../../domain/ports/service_summary_store.ts";
import type { SessionStore } from "../../domain/ports/session_store.ts";
import type { SignInStore } from "../../domain/ports/sign_in_store.ts";
import type { TeamStore } from "../../domain/ports/team_store.ts";
import type { Totp } from "../../domain/ports/totp.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { AccountPolicy } from "./policy.ts";
import type { SendAccountMessage } from "./send_message.ts";

/** The stores and settings of accounts, as the composition root opens them. */
export interface AccountPorts {
  readonly accounts: AccountStore;
  readonly links: AccountLinkStore;
  readonly signIns: SignInStore;
  readonly secondFactors: SecondFactorStore;
  readonly sessions: SessionStore;
  readonly teams: TeamStore;
  readonly overviews: ServiceOverviewStore;
  readonly goLive: GoLiveStore;
  readonly replyToProofs: ReplyToProofStore;
  readonly serviceSettings: ServiceSettingsStore;
  readonly summaries: ServiceSummaryStore;
  readonly audit: AuditStore;
  readonly managementTokens: ManagementTokenStore;
  /** Lists of messages, which name the people who sent them. */
  readonly messagePages: MessagePages;
  readonly searchTokens: SearchTokens;
  readonly keptForms: KeptForms;
  readonly hasher: PasswordHasher;
  readonly totp: Totp;
  readonly secrets: AccountSecrets;
  readonly policy: AccountPolicy;
  /**
   * The service of the demo user, `undefined` where it does not exist yet. Without the function there is no demo user: it
   * exists in development only.
   */
  readonly demoServiceId?: (() => ServiceId | undefined) | undefined;
}

/** Dependencies of the use cases of accounts. */
export interface AccountDependencies extends AccountPorts {
  readonly clock: Clock;
  readonly sendMessage: SendAccountMessage;
  readonly log: Log;
  /** Whether texts are held back at present, because all providers of them fail. */
  readonly isTextHeld: () => boolean;
}
