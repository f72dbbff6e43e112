/** The stores of the application, and what the other parts share. */
import { reportSkew } from "../application/clock_skew.ts";
import { logUnlistedCodes } from "../application/delivery/unlisted_codes.ts";
import { observeAccepts, observeLog, observeReceipts } from "../application/metrics/observe.ts";
import { closeChannels } from "../application/sending/closed_channels.ts";
import { aheadOf, createClock } from "../adapters/clock.ts";
import { createEncryption } from "../adapters/crypto/envelope_encryption.ts";
import { openAuditWriter } from "../adapters/libsql/accounts/audit_writer.ts";
import type { Database } from "../adapters/libsql/connection/database.ts";
import { createAcceptStore } from "../adapters/libsql/notifications/accept.ts";
import { createReceiptStore } from "../adapters/libsql/notifications/receipts.ts";
import { createUnsubscribeStore } from "../adapters/libsql/notifications/unsubscribes.ts";
import { createContexts } from "../adapters/libsql/services/contexts.ts";
import { createManagementStore } from "../adapters/libsql/services/management.ts";
import { createMetrics } from "../domain/metrics/metrics.ts";
import type { Config } from "./config.ts";
import { openFilesFolder } from "./files_folder.ts";
import { writeLog } from "./log.ts";
import type { RuntimeOptions } from "./runtime_options.ts";

/** What {@link openStores} opens. */
export type Stores = Awaited<ReturnType<typeof openStores>>;

/**
 * Opens the log, the metrics, the clock and the stores over an open database.
 *
 * @throws ConfigError when `FILES_DIR` cannot be written to
 */
export async function openStores(config: Config, db: Database, options: RuntimeOptions) {
  const metrics = createMetrics();
  const log = observeLog(options.log ?? writeLog, metrics);
  const aheadMs = () => options.movableClock?.aheadMs() ?? 0;
  const {
    clock = createClock(() => Date.now() + aheadMs(), aheadOf(reportSkew(db.time, log), aheadMs)),
  } = options;
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
  return {
    db,
    log,
    metrics,
    clock,
    /** How far development has moved the clock ahead of the machine's, in milliseconds. */
    aheadMs,
    /** The machine's time, which development does not move: other programs sign and check tokens by it. */
    outsideClock: { now: () => clock.now() - aheadMs() },
    encryption,
    contexts,
    audit,
    management,
    receipts,
    blobs,
    accepts,
    unsubscribes: createUnsubscribeStore({ db, encryption, contexts, clock }),
  };
}
