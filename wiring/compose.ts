/** A whole Hark: adapters, then the routes over them. */
import { createDiskBlobs } from "../adapters/blobs/disk.ts";
import { createClock } from "../adapters/clock.ts";
import { createVault } from "../adapters/crypto/vault.ts";
import { createAcceptStore } from "../adapters/libsql/accept.ts";
import { createContexts } from "../adapters/libsql/contexts.ts";
import type { Database } from "../adapters/libsql/database.ts";
import { createDocumentRetention } from "../adapters/libsql/document_retention.ts";
import { createDocumentStore } from "../adapters/libsql/documents.ts";
import { createJobQueue } from "../adapters/libsql/job_queue.ts";
import { createJobStore } from "../adapters/libsql/jobs.ts";
import { createManagementStore } from "../adapters/libsql/management.ts";
import { createNotificationStore } from "../adapters/libsql/notifications.ts";
import { createOutbox } from "../adapters/libsql/outbox.ts";
import { createReceiptStore } from "../adapters/libsql/receipts.ts";
import { createRetention } from "../adapters/libsql/retention.ts";
import { createUnsubscribeStore } from "../adapters/libsql/unsubscribes.ts";
import { readSheet } from "../adapters/sheets/read_sheet.ts";
import { type Config, ConfigError } from "../config.ts";
import type { BlobStore } from "../domain/files/ports.ts";
import type { ManagementStore } from "../domain/management_ports.ts";
import { createApp, type RegistryPorts } from "../routes/app.ts";
import { createDispatcher } from "../routes/dispatch/dispatcher.ts";
import { createKick, createTick, type Tick } from "../routes/dispatch/loop.ts";
import { createJobRunner } from "../routes/jobs/runner.ts";
import { connectProviders, senderDefaults } from "./providers.ts";
import { openRegistry } from "./registry.ts";
import { VERSION } from "./version.ts";
import { type World, writeLog } from "./world.ts";

/** A Hark that is put together and not yet served. */
export interface Hark {
  readonly app: ReturnType<typeof createApp>;
  readonly tick: Tick;
  readonly management: ManagementStore;
  /** The service of the registries' surfaces, and its inboxes; `undefined` where there are none. */
  readonly registry:
    | Pick<RegistryPorts, "serviceId" | "inboxes" | "bell" | "templates">
    | undefined;
}

/** Puts a Hark together over an open database that is at this code's schema. */
export async function compose(config: Config, db: Database, world: World = {}): Promise<Hark> {
  const { clock = createClock(), log = writeLog } = world;
  const vault = await createVault(config.masterKeys);
  const contexts = createContexts(db, vault);
  const management = createManagementStore({ db, vault, contexts });
  const receipts = createReceiptStore(db, clock);
  const blobs = world.blobs ?? await openFolder(config.filesDir);
  const accepts = createAcceptStore({ db, vault, contexts, clock });
  const unsubscribes = createUnsubscribeStore({ db, vault, contexts, clock });
  const opened = await openRegistry(
    { db, vault, contexts, management, clock },
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
      vault,
      clock,
      onUnopened: ({ ref: { serviceId, notificationId }, error, ended }) =>
        log({
          event: "message-unopened",
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
    queue: createJobQueue({ db, vault, clock }),
    contexts,
    templates: management,
    accepts,
    unsubscribes,
    defaults,
    hasInbox: (serviceId) => serviceId === registry?.serviceId,
  });
  const tick = createTick({ dispatcher, jobs, receipts, retention, clock });
  const app = createApp({
    clock,
    log,
    contexts,
    accepts,
    notifications: createNotificationStore(db, vault, clock),
    receipts,
    management,
    jobs: createJobStore({ db, vault, contexts }),
    readSheet,
    documents: blobs && createDocumentStore({ db, vault, contexts, blobs }),
    unsubscribes,
    registry,
    dispatcher,
    dispatch: createKick(tick, log),
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
