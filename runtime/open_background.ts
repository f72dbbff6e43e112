/** The background work of the application: jobs, dispatches, callbacks, dead letters and retention. */
import type { ServiceId } from "../domain/ids.ts";
import { createKeyUses } from "../application/access/key_uses.ts";
import type { AccountPorts } from "../application/accounts/ports.ts";
import { createBackgroundWork } from "../application/background/background_work.ts";
import { createDeadLetterWorker } from "../application/dead_letters/dead_letter_worker.ts";
import { createJobRunner } from "../application/jobs/job_runner.ts";
import { watchReadyJobs } from "../application/jobs/watch_jobs.ts";
import { createFetchCaller } from "../adapters/callbacks/fetch_caller.ts";
import { workBudget } from "../adapters/invocation/invocation.ts";
import { createDeadLetterStore } from "../adapters/libsql/dead_letters/dead_letters.ts";
import { createEventLog } from "../adapters/libsql/events/event_log.ts";
import { createJobQueue } from "../adapters/libsql/jobs/job_queue.ts";
import { createJobStore } from "../adapters/libsql/jobs/jobs.ts";
import { createDeadMessageStore } from "../adapters/libsql/queues/dead_messages.ts";
import { createKeyUseStore } from "../adapters/libsql/services/api_keys.ts";
import { createUpkeepLeases } from "../adapters/libsql/upkeep/upkeep_leases.ts";
import { openCallbacks } from "./callbacks.ts";
import { type Config, senderDefaults } from "./config.ts";
import type { Delivery } from "./open_delivery.ts";
import type { Stores } from "./open_stores.ts";
import { openPauseAnnouncements } from "./pause_announcements.ts";
import { createRetentionOnDemand } from "./retention_on_demand.ts";
import type { RuntimeOptions } from "./runtime_options.ts";

/** Opens the background work, and the stores that only it and the routes share. Runs nothing. */
export async function openBackground(
  stores: Stores,
  delivery: Delivery,
  config: Config,
  options: RuntimeOptions,
) {
  const { db, clock, audit } = stores;
  const { dispatcher, health, outbox } = delivery;
  const { work, sending, jobs, jobQueue, jobStore } = await openJobs(
    stores,
    delivery,
    config,
    options,
  );
  const events = createEventLog(db, stores.encryption);
  const callbacks = openServiceCallbacks(stores, events, config, options);
  const keyUses = createKeyUses(createKeyUseStore(db));
  const deadLetters = createDeadLetterStore(db, clock, audit);
  const deadMessages = createDeadMessageStore(db);
  const loadAccounts = createAccountLoader(stores, config, options);
  const backgroundWork = createBackgroundWork({
    announcePauses: openPauseAnnouncements({
      ...sending,
      jobs: jobStore,
      management: stores.management,
      loadAccounts,
      publicUrl: config.publicUrl,
    }),
    keyUses,
    callbacks: callbacks.worker,
    runDeadLetters: createDeadLetterWorker({ store: deadLetters, clock }),
    dispatcher,
    health,
    outbox,
    jobs,
    receipts: stores.receipts,
    retention: createRetentionOnDemand({
      db,
      encryption: stores.encryption,
      clock,
      blobs: stores.blobs,
      accounts: config.accounts,
    }),
    leases: createUpkeepLeases(db, clock),
    clock,
    announceUnfinished: work?.announceUnfinished({
      outbox,
      jobs: jobQueue,
      heldChannels: () => dispatcher.heldChannels(0),
    }),
    budget: workBudget,
  });
  return {
    backgroundWork,
    /** The parts that use the work queue; `undefined` where there is none. */
    work,
    jobStore,
    events,
    callbacks,
    keyUses,
    deadLetters,
    deadMessages,
    loadAccounts,
    defaults: sending.defaults,
    /** Loads the consumer of the work queue; `undefined` where there is none. */
    loadWorkConsumer: work?.loadConsumer({ dispatcher, jobs, health, deadMessages }),
  };
}

/** Opens the jobs, and the work queue that announces them. */
async function openJobs(
  { db, encryption, clock, log, contexts, audit, management, accepts, unsubscribes }: Stores,
  { registry }: Delivery,
  config: Config,
  { workQueue, onJobReady }: RuntimeOptions,
) {
  const work = workQueue &&
    (await import("./work_queue.ts")).useWorkQueue(workQueue, { clock, log, onJobReady });
  /** What jobs and the announcements of their pauses accept messages with. */
  const sending = {
    clock,
    contexts,
    accepts,
    unsubscribes,
    defaults: senderDefaults(config),
    hasInbox: (serviceId: ServiceId) => serviceId === registry?.serviceId,
  };
  const jobQueue = createJobQueue({ db, encryption, clock });
  const stored = createJobStore({ db, encryption, contexts, audit });
  return {
    work,
    sending,
    jobQueue,
    jobs: createJobRunner({
      ...sending,
      queue: jobQueue,
      templates: management,
      realms: registry?.realms,
    }),
    jobStore: work?.announceJobs(stored) ??
      (onJobReady === undefined ? stored : watchReadyJobs(stored, clock, onJobReady)),
  };
}

function openServiceCallbacks(
  { db, encryption, audit, clock, outsideClock, log, metrics }: Stores,
  events: ReturnType<typeof createEventLog>,
  { callbackAllowance: allowance }: Config,
  { callEndpoint, fetch: send = fetch }: RuntimeOptions,
) {
  return openCallbacks({
    db,
    encryption,
    audit,
    events,
    clock,
    outsideClock,
    log,
    metrics,
    allowance,
    callEndpoint: callEndpoint ?? createFetchCaller(allowance, (input, init) => send(input, init)),
  });
}

/** Creates a function that loads the accounts of people at its first call: an API that sends needs none of them. */
function createAccountLoader(
  { db, encryption, clock, audit, contexts }: Stores,
  config: Config,
  options: RuntimeOptions,
): () => Promise<AccountPorts> {
  let accounts: AccountPorts | undefined;
  return async () => {
    const { openAccounts } = await import("./accounts.ts");
    const forget = (serviceId: ServiceId) => contexts.forget(serviceId);
    return accounts ??= openAccounts({ db, encryption, clock, audit, forget }, config, options);
  };
}
