/**
 * Builds the ports of the registry API (`/api/notifications`). Its callers send access tokens: recipients read their
 * inboxes and set their channels, and other services write the registry's templates and send messages.
 */
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
import type { MovableClock } from "../domain/ports/movable_clock.ts";
import { ok } from "../domain/result.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { RegistryPorts } from "../routes/mount_registry.ts";
import type { RuntimeOptions } from "./runtime_options.ts";

/** What {@link openRegistry} needs. `contexts` load services, and `management` creates the registry's own service. */
export interface RegistryDependencies {
  readonly db: Database;
  readonly encryption: Encryption;
  readonly contexts: LibsqlContexts;
  readonly management: ManagementStore;
  readonly clock: Clock;
}

/**
 * The ports of the registry API: the stores, keys and settings that its routes need. `diia` is missing, because a
 * provider supplies it.
 */
export type OpenedRegistry = Omit<RegistryPorts, "diia">;

/**
 * Creates the ports of the registry API, and the service that its templates and inboxes belong to unless that exists.
 *
 * @returns `undefined` when no keys to verify access tokens are configured
 */
export async function openRegistry(
  { db, encryption, contexts, management, clock }: RegistryDependencies,
  config: Config["registry"],
  options: RuntimeOptions,
): Promise<OpenedRegistry | undefined> {
  const verifier = createTokenVerifier(config, options);
  if (verifier === undefined) return undefined;
  const { inboxSockets, movableClock } = options;
  const tokens = movableClock === undefined
    ? verifier
    : verifyAtMachineTime(verifier, movableClock);
  return {
    tokens,
    inboxes: createInboxStore({ db, encryption, contexts, clock }),
    inboxEvents: createInboxEvents(inboxSockets && ((inbox) => inboxSockets.notify(inbox))),
    socketPathOf: inboxSockets && ((inbox) => inboxSockets.pathOf(inbox)),
    realms: config.person?.realms && [...new Set(config.person.realms.values())],
    serviceId: await openRegistryService(
      { db, management, newId: clock.newId, now: clock.now() },
      config.serviceId,
    ),
    recipientSettings: createRecipientSettingsStore({ db, encryption, contexts, clock }),
    templates: createRegistryTemplateStore(db, contexts),
    newCode: createOtp,
    templateRole: config.templateRole,
    senderRole: config.senderRole,
    messageFormat: config.inboxMessage,
    demo: options.demo,
    stopping: options.stopping,
  };
}

function createTokenVerifier(
  { keys, issuers, audiences, maxLifetimeS, person }: Config["registry"],
  { fetch: send = fetch, fetchPerCall = false }: RuntimeOptions,
): AccessTokens | undefined {
  return keys && createAccessTokens(
    { keys, issuers, audiences, maxLifetimeS, ...(person === undefined ? {} : { person }) },
    { fetch: (input, init) => send(input, init), fetchPerCall },
  );
}

/** Verifies tokens, which other programs issue, at this machine's time, and takes their expiry to the moved time. */
function verifyAtMachineTime(tokens: AccessTokens, clock: MovableClock): AccessTokens {
  return {
    async verify(token, now) {
      const aheadMs = clock.aheadMs();
      const verified = await tokens.verify(token, now - aheadMs);
      if (!verified.ok) return verified;
      return ok({ ...verified.value, expiresAt: verified.value.expiresAt + aheadMs });
    },
  };
}
