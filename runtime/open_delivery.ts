/** The parts of the application that send: the providers, their health, the outbox and the dispatcher. */
import type { Log } from "../domain/ports/log.ts";
import { createDispatcher } from "../application/delivery/dispatcher.ts";
import { createProviderHealth } from "../application/delivery/provider_health.ts";
import { perInvocation, workBudget } from "../adapters/invocation/invocation.ts";
import { createOutbox, type UndecryptableRow } from "../adapters/libsql/outbox/outbox.ts";
import { createProviderStore } from "../adapters/libsql/providers/provider_settings.ts";
import type { Config } from "./config.ts";
import { neverSet } from "./never_set_clock.ts";
import type { Stores } from "./open_stores.ts";
import { connectProviders } from "./providers.ts";
import type { RuntimeOptions } from "./runtime_options.ts";

/** What {@link openDelivery} opens. */
export type Delivery = Awaited<ReturnType<typeof openDelivery>>;

/**
 * Connects the providers and opens what sends by them. When the registry API is on, it creates that API's service, unless
 * it exists: the inbox is a provider.
 */
export async function openDelivery(stores: Stores, config: Config, options: RuntimeOptions) {
  const { db, log, clock, aheadMs, encryption, contexts, audit, management, receipts } = stores;
  const { fetch: send = fetch } = options;
  const registryPorts = config.registry.keys &&
    await (await import("./registry_api.ts")).openRegistry(
      { db, encryption, contexts, management, clock },
      config.registry,
      options,
    );
  const connections = await connectProviders(config.channels, {
    // Called as a plain function: on Workers `fetch` may not be called as a method of another object.
    fetch: (input, init) => send(input, init),
    clock,
    publicUrl: config.publicUrl,
    openSmtp: options.openSmtp,
    mailbox: options.mailbox,
    inbox: registryPorts && { store: registryPorts.inboxes, events: registryPorts.inboxEvents },
  });
  const outbox = createOutbox({
    db,
    encryption,
    clock,
    onUndecryptable: logUndecryptable(log),
  });
  const providerStore = createProviderStore(db, audit);
  const health = createProviderHealth({
    providers: connections.providers,
    store: providerStore,
    clock: neverSet(clock, aheadMs),
    log,
    perInvocation,
  });
  await health.refresh();
  const dispatcher = createDispatcher({
    ...connections,
    clock,
    outbox,
    receipts,
    contexts,
    templates: management,
    health,
    refreshesSettings: options.fetchPerCall,
    cutOff: options.cutOff,
    budget: workBudget,
    perInvocation,
    log,
    publicUrl: config.publicUrl,
  });
  return {
    /** The registry API; `undefined` when it is off. */
    registry: registryPorts && { ...registryPorts, diia: connections.diiaTemplates },
    connections,
    outbox,
    providerStore,
    health,
    dispatcher,
  };
}

/** Logs an outbox row whose message cannot be decrypted. */
function logUndecryptable(log: Log): (row: UndecryptableRow) => void {
  return ({ ref: { serviceId, notificationId }, error, ended }) =>
    log({
      event: "message-undecryptable",
      service_id: serviceId,
      notification_id: notificationId,
      error,
      ended,
    });
}
