/** What the application checks at a start, and logs for the operator. */
import { hasOperator } from "../adapters/libsql/accounts/has_operator.ts";
import type { Database } from "../adapters/libsql/connection/database.ts";
import type { Log } from "../domain/ports/log.ts";
import type { ProviderStore } from "../domain/ports/provider_store.ts";
import type { connectProviders } from "./providers.ts";
import { findRemovedProviders } from "./removed_providers.ts";

/** The checks of a start. They log what they find. */
export interface StartChecks {
  /**
   * Logs a warning for each setting at a provider that Hark cannot override and that matters, such as Postmark's open
   * tracking. Never rejects.
   */
  checkProviders(signal: AbortSignal): Promise<void>;
  /** Logs a line that suggests management tokens instead of `ADMIN_TOKEN`, when there is an operator. Never rejects. */
  suggestTokens(): Promise<void>;
}

interface StartCheckPorts {
  readonly db: Database;
  readonly providerStore: ProviderStore;
  readonly connections: Awaited<ReturnType<typeof connectProviders>>;
  readonly log: Log;
}

const SUGGEST_TOKENS =
  "there is an operator: programs can have management tokens of their own (POST /manage/tokens), which are named, " +
  "limited and revocable, instead of ADMIN_TOKEN";

/** Creates the checks of a start. */
export function createStartChecks(
  { db, providerStore, connections, log }: StartCheckPorts,
): StartChecks {
  return {
    async checkProviders(signal) {
      const missing = await findRemovedProviders(providerStore, connections.providers);
      for (const warning of [...missing, ...await connections.check(signal)]) {
        log({ event: "warning", warning });
      }
    },
    async suggestTokens() {
      // The start does not depend on it.
      if (!await hasOperator(db).catch(() => false)) return;
      log({ event: "suggestion", suggestion: SUGGEST_TOKENS });
    },
  };
}
