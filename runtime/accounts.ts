/** Opens the stores and settings of accounts. */
import { accountSecrets } from "../adapters/accounts/account_secrets.ts";
import { createPasswordHasher } from "../adapters/accounts/password_hash.ts";
import { createTotp } from "../adapters/accounts/totp.ts";
import type { Encryption } from "../adapters/crypto/envelope_encryption.ts";
import { createAccountKey } from "../adapters/libsql/accounts/account_key.ts";
import { createAuditStore } from "../adapters/libsql/accounts/audit_log.ts";
import { type AuditWriter, createAuditWriter } from "../adapters/libsql/accounts/audit_writer.ts";
import { createGoLiveStore } from "../adapters/libsql/accounts/go_live.ts";
import { createReplyToProofStore } from "../adapters/libsql/accounts/reply_to_proofs.ts";
import { createKeptForms } from "../adapters/libsql/accounts/kept_forms.ts";
import { createAccountLinkStore } from "../adapters/libsql/accounts/links.ts";
import { createManagementTokenStore } from "../adapters/libsql/accounts/management_tokens.ts";
import { createSearchTokens } from "../adapters/libsql/accounts/search_tokens.ts";
import { createSecondFactorStore } from "../adapters/libsql/accounts/second_factors.ts";
import { createServiceOverviewStore } from "../adapters/libsql/accounts/service_overviews.ts";
import { createServiceSummaryStore } from "../adapters/libsql/accounts/service_summaries.ts";
import { createSessionStore } from "../adapters/libsql/accounts/sessions.ts";
import { createSignInStore } from "../adapters/libsql/accounts/sign_ins.ts";
import { createServiceSettingsStore } from "../adapters/libsql/services/service_settings.ts";
import { createTeamStore } from "../adapters/libsql/accounts/teams.ts";
import { createAccountStore } from "../adapters/libsql/accounts/users.ts";
import type { Database } from "../adapters/libsql/connection/database.ts";
import { createMessagePages } from "../adapters/libsql/notifications/message_pages.ts";
import { createDeploymentKey } from "../adapters/libsql/keys/deployment_key.ts";
import type { AccountPorts } from "../application/accounts/ports.ts";
import type { ServiceId } from "../domain/ids.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { Config } from "./config.ts";
import type { RuntimeOptions } from "./runtime_options.ts";

/** What {@link openAccounts} needs. */
export interface AccountResources {
  readonly db: Database;
  readonly encryption: Encryption;
  readonly clock: Clock;
  /** The writer of the audit log, when other stores of the process share it. */
  readonly audit?: AuditWriter | undefined;
  /** Evicts a service from the cache of this process after a change of its team. */
  readonly forget: (serviceId: ServiceId) => void;
}

/** Opens the stores of accounts over the database. Nothing is read or written yet. */
export function openAccountStores(
  { db, encryption, clock, audit: shared, forget }: AccountResources,
) {
  const key = createAccountKey(createDeploymentKey(db, encryption, clock));
  const audit = shared ?? createAuditWriter(db, key);
  const ports = { db, encryption, key, audit, clock, forget };
  return {
    accounts: createAccountStore(ports),
    links: createAccountLinkStore(ports),
    signIns: createSignInStore(ports),
    secondFactors: createSecondFactorStore(ports),
    sessions: createSessionStore(ports),
    teams: createTeamStore(ports),
    overviews: createServiceOverviewStore(ports),
    goLive: createGoLiveStore(ports),
    replyToProofs: createReplyToProofStore(ports),
    serviceSettings: createServiceSettingsStore(ports),
    summaries: createServiceSummaryStore(ports),
    audit: createAuditStore(ports),
    managementTokens: createManagementTokenStore(ports),
    messagePages: createMessagePages(ports),
    searchTokens: createSearchTokens(key),
    keptForms: createKeptForms(ports),
    secrets: accountSecrets,
  };
}

/** Opens the stores and settings of accounts. */
export function openAccounts(
  resources: AccountResources,
  { accounts, channels }: Pick<Config, "accounts" | "channels">,
  { fetchPerCall, mailbox, demoServiceId = () => undefined }: RuntimeOptions,
): AccountPorts {
  return {
    ...openAccountStores(resources),
    // On Workers a request may not wait for another one.
    hasher: createPasswordHasher(fetchPerCall === true ? { maxWaiting: 0 } : {}),
    totp: createTotp(),
    policy: {
      registrationDomains: accounts.registrationDomains,
      signInCountries: accounts.signInCountries,
      contactEmail: accounts.contactEmail,
      termsUrl: accounts.termsUrl,
      hasEmail: channels.email.length > 0,
      hasSms: channels.sms.length > 0,
    },
    demoServiceId: mailbox === undefined ? undefined : demoServiceId,
  };
}
