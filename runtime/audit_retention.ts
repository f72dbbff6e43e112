import { createAccountKey } from "../adapters/libsql/accounts/account_key.ts";
import { createAuditRetention } from "../adapters/libsql/accounts/account_retention.ts";
import { createDeploymentKey } from "../adapters/libsql/keys/deployment_key.ts";
import type { Retention } from "../domain/ports/retention.ts";
import type { AccountResources } from "./accounts.ts";
import type { Config } from "./config.ts";

/** Opens the retention of the audit log. @param next the retention that runs when nothing is left to do there */
export function openAuditRetention(
  { db, encryption, clock }: Omit<AccountResources, "forget">,
  { auditRetentionDays: keptDays }: Config["accounts"],
  next: Retention | undefined,
): Retention {
  const key = createAccountKey(createDeploymentKey(db, encryption, clock));
  return createAuditRetention({ db, key, keptDays }, next);
}
