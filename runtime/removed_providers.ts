import type { ProviderStore } from "../domain/ports/provider_store.ts";
import type { ProviderConnections } from "./providers.ts";

/**
 * Returns a warning for each provider that is no longer configured and whose receipts messages still await. Never rejects:
 * while the database is unavailable there are no warnings.
 */
export async function findRemovedProviders(
  store: Pick<ProviderStore, "listAwaited">,
  providers: ProviderConnections["providers"],
): Promise<readonly string[]> {
  const names = new Set(Object.values(providers).flat().map(({ name }) => name));
  try {
    return (await store.listAwaited()).filter((name) => !names.has(name)).map((name) =>
      `the provider ${name} is not configured, and messages that it accepted await its receipts: ` +
      "without them they end as temporary-failure 72 hours after they were sent"
    );
  } catch {
    // Neither the start nor another check depends on it.
    return [];
  }
}
