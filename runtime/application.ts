/** The composition root: builds the adapters, the use cases and the routes over them. */
import type { Hono } from "hono";
import type { ServiceId } from "../domain/ids.ts";
import { createMetrics } from "../domain/metrics/metrics.ts";
import type { InboundCallbacks } from "../domain/ports/callback_outbox.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { Log } from "../domain/ports/log.ts";
import type { ManagementStore } from "../domain/ports/management_store.ts";
import type { SendingContexts } from "../domain/ports/sending_contexts.ts";
import { createKeyUses, type KeyUses } from "../application/access/key_uses.ts";
import { createSecurityLog } from "../application/access/security_log.ts";
import type { AccountPorts } from "../application/accounts/ports.ts";
import {
  type BackgroundWork,
  createBackgroundWork,
} from "../application/background/background_work.ts";
import { createDispatchTrigger } from "../application/background/runs.ts";
import { reportSkew } from "../application/clock_skew.ts";
import { createDeadLetterWorker } from "../application/dead_letters/dead_letter_worker.ts";
import { createDispatcher } from "../application/delivery/dispatcher.ts";
import { createProviderManagement } from "../application/delivery/manage_providers.ts";
import { createProviderHealth } from "../application/delivery/provider_health.ts";
import type { WorkConsumer } from "../application/delivery/queued/consume_work.ts";
import { logUnlistedCodes } from "../application/delivery/unlisted_codes.ts";
import { createDispatchRuns } from "../application/dispatch_runs.ts";
import { createJobRunner } from "../application/jobs/job_runner.ts";
import { createLoopWatch, type LoopWatch } from "../application/loop_watch.ts";
import { observeAccepts, observeLog, observeReceipts } from "../application/metrics/observe.ts";
import { createScrape } from "../application/metrics/scrape.ts";
import { createReadiness } from "../application/readiness.ts";
import { closeChannels } from "../application/sending/closed_channels.ts";
import { createFetchCaller } from "../adapters/callbacks/fetch_caller.ts";
import { aheadOf, createClock } from "../adapters/clock.ts";
import { createEncryption } from "../adapters/crypto/envelope_encryption.ts";
import { perInvocation, workBudget } from "../adapters/invocation/invocation.ts";
import { openAuditWriter } from "../adapters/libsql/accounts/audit_writer.ts";
import type { Database } from "../adapters/libsql/connection/database.ts";
import { createDeadLetterStore } from "../adapters/libsql/dead_letters/dead_letters.ts";
import { createDocumentStore } from "../adapters/libsql/documents/documents.ts";
import { createEventLog } from "../adapters/libsql/events/event_log.ts";
import { createInboundStore } from "../adapters/libsql/inbound/inbound.ts";
import { createJobQueue } from "../adapters/libsql/jobs/job_queue.ts";
import { createJobStore } from "../adapters/libsql/jobs/jobs.ts";
import { createListDraftStore } from "../adapters/libsql/jobs/list_drafts.ts";
import { createAcceptStore } from "../adapters/libsql/notifications/accept.ts";
import { createNotificationStore } from "../adapters/libsql/notifications/notifications.ts";
import { createReceiptStore } from "../adapters/libsql/notifications/receipts.ts";
import { createUnsubscribeStore } from "../adapters/libsql/notifications/unsubscribes.ts";
import { createOutbox, type UndecryptableRow } from "../adapters/libsql/outbox/outbox.ts";
import { createProviderStore } from "../adapters/libsql/providers/provider_settings.ts";
import { createDeadMessageStore } from "../adapters/libsql/queues/dead_messages.ts";
import { createQueueStore } from "../adapters/libsql/queues/queues.ts";
import { createReadinessStore } from "../adapters/libsql/readiness.ts";
import { createKeyUseStore } from "../adapters/libsql/services/api_keys.ts";
import { createContexts } from "../adapters/libsql/services/contexts.ts";
import { createManagementStore } from "../adapters/libsql/services/management.ts";
import { createStatisticsStore } from "../adapters/libsql/statistics/statistics.ts";
import { createSuppressionStore } from "../adapters/libsql/suppressions/suppressions.ts";
import { createUpkeepLeases } from "../adapters/libsql/upkeep/upkeep_leases.ts";
import { createApp } from "../routes/app.ts";
import type { AppEnv } from "../routes/http/context.ts";
import type { RegistryPorts } from "../routes/mount_registry.ts";
import { openCallbacks } from "./callbacks.ts";
import { createClientAddress } from "./client_address.ts";
import { type Config, senderDefaults } from "./config.ts";
import { openFilesFolder } from "./files_folder.ts";
import { waitsFor } from "./listener/connection_limits.ts";
import { writeLog } from "./log.ts";
import { neverSet } from "./never_set_clock.ts";
import { openPauseAnnouncements } from "./pause_announcements.ts";
import { connectProviders, PROVIDERS } from "./providers.ts";
import { readSheetOnDemand } from "./read_sheet_on_demand.ts";
import { createRetentionOnDemand } from "./retention_on_demand.ts";
import type { RuntimeOptions } from "./runtime_options.ts";
import { createStartChecks, type StartChecks } from "./start_checks.ts";
import { VERSION } from "./version.ts";
import { watchJobs } from "./watch_jobs.ts";

/** The application, built and not yet served. */
export interface Application extends StartChecks {
  readonly app: Hono<AppEnv>;
  readonly backgroundWork: BackgroundWork;
  /** The clock of the application; background work becomes due by it. */
  readonly clock: Clock;
  /** Enqueues the callbacks by which services are notified of text messages that they received. */
  readonly inboundCallbacks: InboundCallbacks;
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
  const { fetch: send = fetch } = options;
  const metrics = createMetrics();
  const log = observeLog(options.log ?? writeLog, metrics);
  const aheadMs = () => options.movableClock?.aheadMs() ?? 0;
  const {
    clock = createClock(() => Date.now() + aheadMs(), aheadOf(reportSkew(db.time, log), aheadMs)),
  } = options;
  const outsideClock = { now: () => clock.now() - aheadMs() };
  const encryption = await createEncryption(config.masterKeys);
  const contexts = closeChannels(createContexts(db, encryption), config.closedChannels);
  const audit = openAuditWriter({ db, encryption, clock });
  const management = createManagementStore({ db, encryption, contexts, audit });
  const receipts = observeReceipts(logUnlistedCodes(createReceiptStore(db), log), metrics);
  const blobs = options.blobs ?? await openFilesFolder(config.filesDir);
  const accepts = observeAccepts(
    createAcceptStore({ db, encryption, contexts, clock }),
    metrics,
  );
  const unsubscribes = createUnsubscribeStore({ db, encryption, contexts, clock });
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
  const registry = registryPorts && { ...registryPorts, diia: connections.diiaTemplates };
  const defaults = senderDefaults(config);
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
  const sends = options.sends ?? true;
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
  const retention = createRetentionOnDemand({
    db,
    encryption,
    clock,
    blobs,
    accounts: config.accounts,
  });
  const { workQueue, onJobReady } = options;
  const work = workQueue &&
    (await import("./work_queue.ts")).useWorkQueue(workQueue, { clock, log, onJobReady });
  const jobQueue = createJobQueue({ db, encryption, clock });
  const jobs = createJobRunner({
    clock,
    queue: jobQueue,
    contexts,
    templates: management,
    accepts,
    unsubscribes,
    defaults,
    hasInbox: (serviceId) => serviceId === registry?.serviceId,
    realms: registry?.realms,
  });
  const events = createEventLog(db, encryption);
  const callbacks = openCallbacks({
    db,
    encryption,
    audit,
    events,
    clock,
    outsideClock,
    log,
    metrics,
    allowance: config.callbackAllowance,
    callEndpoint: options.callEndpoint ??
      createFetchCaller(config.callbackAllowance, (input, init) => send(input, init)),
  });
  const keyUses = createKeyUses(createKeyUseStore(db));
  const deadLetters = createDeadLetterStore(db, clock, audit);
  let accounts: AccountPorts | undefined;
  /** Loaded later: an API that sends needs none of it. */
  async function loadAccounts(): Promise<AccountPorts> {
    const { openAccounts } = await import("./accounts.ts");
    const forget = (serviceId: ServiceId) => contexts.forget(serviceId);
    return accounts ??= openAccounts({ db, encryption, clock, audit, forget }, config, options);
  }
  const storedJobs = createJobStore({ db, encryption, contexts, audit });
  const jobStore = work?.announceJobs(storedJobs) ?? watchJobs(storedJobs, onJobReady);
  const hasInbox = (serviceId: ServiceId) => serviceId === registry?.serviceId;
  const announcePauses = openPauseAnnouncements({
    clock,
    jobs: jobStore,
    contexts,
    management,
    accepts,
    defaults,
    unsubscribes,
    hasInbox,
    loadAccounts,
    publicUrl: config.publicUrl,
  });
  const backgroundWork = createBackgroundWork({
    announcePauses,
    keyUses,
    callbacks: callbacks.worker,
    runDeadLetters: createDeadLetterWorker({ store: deadLetters, clock }),
    dispatcher,
    health,
    outbox,
    jobs,
    receipts,
    retention,
    leases: createUpkeepLeases(db, clock),
    clock,
    announceUnfinished: work?.announceUnfinished({
      outbox,
      jobs: jobQueue,
      heldChannels: () => dispatcher.heldChannels(0),
    }),
    budget: workBudget,
  });
  const deadMessages = createDeadMessageStore(db);
  const dispatchNow = sends ? createDispatchTrigger(backgroundWork, log) : () => Promise.resolve();
  const loop = createLoopWatch();
  const queues = createQueueStore(db);
  const readinessStore = createReadinessStore(db);
  const app = await createApp({
    clock,
    outsideClock,
    movableClock: options.movableClock,
    log,
    securityLog: createSecurityLog(() => clock.now(), log),
    clientAddress: createClientAddress(config.trustedProxies, options.clientAddressHeader),
    contexts,
    accepts,
    notifications: createNotificationStore(db, encryption, audit),
    receipts,
    management,
    jobs: jobStore,
    listDrafts: createListDraftStore({ db, encryption, contexts }),
    readSheet: readSheetOnDemand,
    events,
    callbacks: callbacks.ports,
    maxWaiting: waitsFor(config.maxConnections),
    stopping: options.stopping,
    documents: blobs && createDocumentStore({ db, encryption, contexts, blobs }),
    unsubscribes,
    statistics: createStatisticsStore(db),
    inbound: createInboundStore({ db, encryption, contexts, audit, clock }),
    suppressions: createSuppressionStore({ db, encryption, contexts, audit }),
    deadLetters,
    deadMessages,
    registry,
    loadAccounts,
    dispatcher: sends ? dispatcher : { ...dispatcher, hasCapacity: () => false },
    providerManagement: createProviderManagement({ clock, health, store: providerStore }),
    dispatch: work?.announceMany(dispatchNow) ?? dispatchNow,
    receiptReaders: connections.receiptReaders,
    unconfiguredProviders: PROVIDERS.map(({ name }) => name)
      .filter((name) => !connections.connected.some(({ provider }) => provider.name === name)),
    inboundReaders: connections.inboundReaders,
    defaults,
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
    inboundCallbacks: callbacks.inbound,
    loop,
    management,
    registry,
    keyUses,
    loadWorkConsumer: work?.loadConsumer({ dispatcher, jobs, health, deadMessages }),
    ...createStartChecks({ db, providerStore, connections, log }),
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
