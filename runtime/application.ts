/** A whole Hark: adapters, then the routes over them. */
import { createDiskBlobs } from "../adapters/blobs/disk.ts";
import { createClock } from "../adapters/clock.ts";
import { createEncryption } from "../adapters/crypto/envelope_encryption.ts";
import { createAcceptStore } from "../adapters/libsql/notifications/accept.ts";
import { createContexts } from "../adapters/libsql/services/contexts.ts";
import type { Database } from "../adapters/libsql/connection/database.ts";
import { createDocumentRetention } from "../adapters/libsql/documents/document_retention.ts";
import { createDocumentStore } from "../adapters/libsql/documents/documents.ts";
import { createJobQueue } from "../adapters/libsql/jobs/job_queue.ts";
import { createJobStore } from "../adapters/libsql/jobs/jobs.ts";
import { createManagementStore } from "../adapters/libsql/services/management.ts";
import { createNotificationStore } from "../adapters/libsql/notifications/notifications.ts";
import { createOutbox } from "../adapters/libsql/outbox/outbox.ts";
import { createReceiptStore } from "../adapters/libsql/notifications/receipts.ts";
import { createRetention } from "../adapters/libsql/notifications/retention.ts";
import { createUnsubscribeStore } from "../adapters/libsql/notifications/unsubscribes.ts";
import { readSheet } from "../adapters/spreadsheets/read_sheet.ts";
import { type Config, ConfigError } from "./config.ts";
import type { BlobStore } from "../domain/ports/blob_store.ts";
import type { ManagementStore } from "../domain/ports/management_store.ts";
import { createApp, type RegistryPorts } from "../routes/app.ts";
import { createDispatcher } from "../application/delivery/dispatcher.ts";
import {
  type BackgroundWork,
  createBackgroundWork,
  createDispatchTrigger,
} from "../application/worker_loop.ts";
import { createJobRunner } from "../application/jobs/job_runner.ts";
import { connectProviders, senderDefaults } from "./providers.ts";
import { openRegistry } from "./registry_api.ts";
import { type RuntimeOptions, writeLog } from "./runtime_options.ts";
import { VERSION } from "./version.ts";

/** A Hark that is put together and not yet served. */
export interface Hark {
  readonly app: ReturnType<typeof createApp>;
  readonly tick: BackgroundWork;
  readonly management: ManagementStore;
  /** The service of the registries' surfaces, and its inboxes; `undefined` where there are none. */
  readonly registry:
    | Pick<RegistryPorts, "serviceId" | "inboxes" | "bell" | "templates">
    | undefined;
}

/** Puts a Hark together over an open database that is at this code's schema. */
export async function compose(
  config: Config,
  db: Database,
  world: RuntimeOptions = {},
): Promise<Hark> {
  const { clock = createClock(), log = writeLog } = world;
  const encryption = await createEncryption(config.masterKeys);
  const contexts = createContexts(db, encryption);
  const management = createManagementStore({ db, encryption, contexts });
  const receipts = createReceiptStore(db, clock);
  const blobs = world.blobs ?? await openFolder(config.filesDir);
  const accepts = createAcceptStore({ db, encryption, contexts, clock });
  const unsubscribes = createUnsubscribeStore({ db, encryption, contexts, clock });
  const opened = await openRegistry(
    { db, encryption, contexts, management, clock },
    config.registry,
    world,
  );
  const { providers, simulators, receiptReaders, diiaTemplates } = connectProviders(
    config,
    clock,
    world,
    opened,
  );
  const registry = opened && { ...opened, diia: diiaTemplates };
  const defaults = senderDefaults(config);
  const dispatcher = createDispatcher({
    clock,
    outbox: createOutbox({
      db,
      encryption,
      clock,
      onUndecryptable: ({ ref: { serviceId, notificationId }, error, ended }) =>
        log({
          event: "message-undecryptable",
          service_id: serviceId,
          notification_id: notificationId,
          error,
          ended,
        }),
    }),
    receipts,
    contexts,
    templates: management,
    providers,
    simulators,
    log,
    publicUrl: config.publicUrl,
  });
  const retention = createRetention(db, blobs && createDocumentRetention(db, blobs));
  const jobs = createJobRunner({
    clock,
    queue: createJobQueue({ db, encryption, clock }),
    contexts,
    templates: management,
    accepts,
    unsubscribes,
    defaults,
    hasInbox: (serviceId) => serviceId === registry?.serviceId,
  });
  const tick = createBackgroundWork({ dispatcher, jobs, receipts, retention, clock });
  const app = createApp({
    clock,
    log,
    contexts,
    accepts,
    notifications: createNotificationStore(db, encryption, clock),
    receipts,
    management,
    jobs: createJobStore({ db, encryption, contexts }),
    readSheet,
    documents: blobs && createDocumentStore({ db, encryption, contexts, blobs }),
    unsubscribes,
    registry,
    dispatcher,
    dispatch: createDispatchTrigger(tick, log),
    receiptReaders,
    defaults,
    adminToken: config.adminToken,
    version: VERSION,
    publicUrl: config.publicUrlIsSet ? config.publicUrl : undefined,
    mailbox: world.mailbox,
    firstSteps: world.firstSteps,
  });
  return { app, tick, management, registry };
}

/** @throws ConfigError when the folder cannot be written to */
async function openFolder(folder: string | undefined): Promise<BlobStore | undefined> {
  if (folder === undefined) return undefined;
  try {
    return await createDiskBlobs(folder);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`FILES_DIR cannot be written to: ${reason}`, { cause });
  }
}
