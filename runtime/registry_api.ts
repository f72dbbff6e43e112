/** What the registries' routes get. */
import { createOtp } from "../adapters/crypto/otp.ts";
import type { Encryption } from "../adapters/crypto/envelope_encryption.ts";
import { createInboxEvents } from "../adapters/inbox_events.ts";
import type { LibsqlContexts } from "../adapters/libsql/services/contexts.ts";
import type { Database } from "../adapters/libsql/connection/database.ts";
import { openRegistryService } from "../adapters/libsql/services/registry_service.ts";
import { createInboxStore } from "../adapters/libsql/inbox/inbox.ts";
import { createRecipientSettingsStore } from "../adapters/libsql/recipients/recipient_settings.ts";
import { createRegistryTemplateStore } from "../adapters/libsql/templates/registry_templates.ts";
import { createAccessTokens } from "../adapters/tokens/access_tokens.ts";
import type { Config } from "./config.ts";
import type { AccessTokens } from "../domain/access/access_tokens.ts";
import type { ManagementStore } from "../domain/ports/management_store.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { RegistryPorts } from "../routes/app.ts";
import type { RuntimeOptions } from "./runtime_options.ts";

/** What they are made of. */
export interface RegistryParts {
  readonly db: Database;
  readonly encryption: Encryption;
  readonly contexts: LibsqlContexts;
  readonly management: ManagementStore;
  readonly clock: Clock;
}

/** The ports of the registries' surfaces, but for the one that a provider opens. */
export type OpenedRegistry = Omit<RegistryPorts, "diia">;

/**
 * Opens the registries' surfaces.
 *
 * @returns `undefined` where there are no keys to verify access tokens with
 */
export async function openRegistry(
  { db, encryption, contexts, management, clock }: RegistryParts,
  config: Config["registry"],
  world: RuntimeOptions,
): Promise<OpenedRegistry | undefined> {
  const tokens = openTokens(config, world);
  if (tokens === undefined) return undefined;
  return {
    tokens,
    inboxes: createInboxStore({ db, encryption, contexts, clock }),
    inboxEvents: createInboxEvents(),
    serviceId: await openRegistryService(
      { db, management, newId: clock.newId, now: clock.now() },
      config.serviceId,
    ),
    recipientSettings: createRecipientSettingsStore({ db, encryption, contexts, clock }),
    templates: createRegistryTemplateStore(db, contexts),
    newCode: createOtp,
    templateRole: config.templateRole,
    senderRole: config.senderRole,
    demo: world.demo,
    stopping: world.stopping,
  };
}

function openTokens(
  { keys, issuers, audiences }: Config["registry"],
  { fetch: send = fetch, fetchPerCall = false }: RuntimeOptions,
): AccessTokens | undefined {
  return keys && createAccessTokens(
    { keys, issuers, audiences },
    { fetch: (input, init) => send(input, init), fetchPerCall },
  );
}
