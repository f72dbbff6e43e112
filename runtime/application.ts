/** The composition root: builds the adapters, the use cases and the routes over them. */
import type { Hono } from "hono";
import type { Clock } from "../domain/ports/clock.ts";
import type { ManagementStore } from "../domain/ports/management_store.ts";
import type { SendingContexts } from "../domain/ports/sending_contexts.ts";
import type { KeyUses } from "../application/access/key_uses.ts";
import { createSecurityLog } from "../application/access/security_log.ts";
import type { BackgroundWork } from "../application/background/background_work.ts";
import { createDispatchTrigger } from "../application/background/runs.ts";
import { createProviderManagement } from "../application/delivery/manage_providers.ts";
import type { WorkConsumer } from "../application/delivery/queued/consume_work.ts";
import { createDispatchRuns } from "../application/dispatch_runs.ts";
import { createLoopWatch, type LoopWatch } from "../application/loop_watch.ts";
import { createScrape } from "../application/metrics/scrape.ts";
import { createReadiness } from "../application/readiness.ts";
import type { Database } from "../adapters/libsql/connection/database.ts";
import { createDocumentStore } from "../adapters/libsql/documents/documents.ts";
import { createInboundStore } from "../adapters/libsql/inbound/inbound.ts";
import { createListDraftStore } from "../adapters/libsql/jobs/list_drafts.ts";
import { createNotificationStore } from "../adapters/libsql/notifications/notifications.ts";
import { createQueueStore } from "../adapters/libsql/queues/queues.ts";
import { createReadinessStore } from "../adapters/libsql/readiness.ts";
import { createStatisticsStore } from "../adapters/libsql/statistics/statistics.ts";
import { createSuppressionStore } from "../adapters/libsql/suppressions/suppressions.ts";
import { createApp } from "../routes/app.ts";
import type { AppEnv } from "../routes/http/context.ts";
import type { RegistryPorts } from "../routes/mount_registry.ts";
import { createClientAddress } from "./client_address.ts";
import type { Config } from "./config.ts";
import { waitsFor } from "./listener/connection_limits.ts";
import { PROVIDERS } from "./providers.ts";
import { readSheetOnDemand } from "./read_sheet_on_demand.ts";
import type { RuntimeOptions } from "./runtime_options.ts";
import { createStartChecks, type StartChecks } from "./start_checks.ts";
import { VERSION } from "./version.ts";
import { openBackground } from "./open_background.ts";
import { openDelivery } from "./open_delivery.ts";
import { openStores } from "./open_stores.ts";

/** The application, built and not yet served. */
export interface Application extends StartChecks {
  readonly app: Hono<AppEnv>;
  readonly backgroundWork: BackgroundWork;
  /** The clock of the application; background work becomes due by it. */
  readonly clock: Clock;
  /**
   * Records when the loop of background work begins a pass, for `GET /readyz`: `serve` wraps `backgroundWork` in it. On
   * Workers cron runs the work, and nothing is recorded.
   */
  readonly loop: LoopWatch;
  readonly management: ManagementStore;
  /** The uses of API keys that this process noted. The background work writes them; on Workers, each request does. */
  readonly keyUses: Pick<KeyUses, "write">;
  /** Loads the consumer of the work queue; `undefined` where there is none. */
  readonly loadWorkConsumer: (() => Promise<WorkConsumer>) | undefined;
  /**
   * The service of the registry API (`/api/notifications`), with its inboxes and templates; `undefined` when that API
   * is off.
   */
  readonly registry:
    | Pick<
      RegistryPorts,
      "serviceId" | "inboxes" | "inboxEvents" | "templates" | "tokens" | "messageFormat"
    >
    | undefined;
  /** Loads services with what sending needs of them; for the objects that keep WebSockets of inboxes. */
  readonly contexts: SendingContexts;
}

/**
 * Builds the application over an open database that has this code's schema. Starts no background work. When the
 * registry API is on, it creates that API's service, unless it exists.
 *
 * @throws ConfigError when `FILES_DIR` cannot be written to
 */
export async function createApplication(
  config: Config,
  db: Database,
  options: RuntimeOptions = {},
): Promise<Application> {
  const stores = await openStores(config, db, options);
  const delivery = await openDelivery(stores, config, options);
  const background = await openBackground(stores, delivery, config, options);
  const { log, metrics, clock, encryption, contexts, audit, management, blobs } = stores;
  const { registry, connections, providerStore, health, dispatcher } = delivery;
  const { backgroundWork, work, callbacks, keyUses, deadLetters } = background;
  const sends = options.sends ?? true;
  const dispatchNow = sends ? createDispatchTrigger(backgroundWork, log) : () => Promise.resolve();
  const loop = createLoopWatch();
  const queues = createQueueStore(db);
  const readinessStore = createReadinessStore(db);
  const app = await createApp({
    clock,
    outsideClock: stores.outsideClock,
    movableClock: options.movableClock,
    log,
    securityLog: createSecurityLog(() => clock.now(), log),
    clientAddress: createClientAddress(config.trustedProxies, options.clientAddressHeader),
    contexts,
    accepts: stores.accepts,
    notifications: createNotificationStore(db, encryption, audit),
    receipts: stores.receipts,
    management,
    jobs: background.jobStore,
    listDrafts: createListDraftStore({ db, encryption, contexts }),
    readSheet: readSheetOnDemand,
    events: background.events,
    callbacks: callbacks.ports,
    maxWaiting: waitsFor(config.maxConnections),
    stopping: options.stopping,
    documents: blobs && createDocumentStore({ db, encryption, contexts, blobs }),
    unsubscribes: stores.unsubscribes,
    statistics: createStatisticsStore(db),
    inbound: createInboundStore({ db, encryption, contexts, audit, clock }),
    suppressions: createSuppressionStore({ db, encryption, contexts, audit }),
    deadLetters,
    deadMessages: background.deadMessages,
    registry,
    loadAccounts: background.loadAccounts,
    dispatcher: sends ? dispatcher : { ...dispatcher, hasCapacity: () => false },
    providerManagement: createProviderManagement({ clock, health, store: providerStore }),
    dispatch: work?.announceMany(dispatchNow) ?? dispatchNow,
    receiptReaders: connections.receiptReaders,
    unconfiguredProviders: PROVIDERS.map(({ name }) => name)
      .filter((name) => !connections.connected.some(({ provider }) => provider.name === name)),
    inboundReaders: connections.inboundReaders,
    defaults: background.defaults,
    smsPrices: config.smsPrices,
    adminToken: config.adminToken,
    metricsToken: config.metricsToken,
    internal: config.dispatchToken === undefined || !sends ? undefined : {
      dispatchToken: config.dispatchToken,
      runDispatch: createDispatchRuns({
        work: backgroundWork,
        reachStore: () => readinessStore.readState([]),
        clock,
        log,
        stopping: options.stopping,
      }),
    },
    metrics,
    scrape: createScrape({ metrics, queues, deadLetters, clock, version: VERSION }),
    queues,
    keyUses,
    version: VERSION,
    readiness: createReadiness({
      store: readinessStore,
      clock,
      loop,
      heldChannels: dispatcher.heldChannels,
      maxOldestDueS: config.readyMaxOldestDueS,
    }),
    withinStoreBudget: db.withinRequest,
    publicUrl: config.publicUrlIsSet ? config.publicUrl : undefined,
    mailbox: options.mailbox,
    firstSteps: options.firstSteps,
    loadDevPages: options.loadDevPages,
  });
  return {
    app,
    backgroundWork,
    clock,
    contexts,
    loop,
    management,
    registry,
    keyUses,
    loadWorkConsumer: background.loadWorkConsumer,
    ...createStartChecks({ db, providerStore, connections, log }),
  };
}
