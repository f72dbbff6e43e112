import type { ServiceId, TemplateId } from "../../domain/ids.ts";
import { createClock } from "../../adapters/clock.ts";
import { createEncryption, type Encryption } from "../../adapters/crypto/envelope_encryption.ts";
import { type AuditWriter, openAuditWriter } from "../../adapters/libsql/accounts/audit_writer.ts";
import { createAcceptStore } from "../../adapters/libsql/notifications/accept.ts";
import { createDeadMessageStore } from "../../adapters/libsql/queues/dead_messages.ts";
import { createDeadLetterStore } from "../../adapters/libsql/dead_letters/dead_letters.ts";
import { createEventLog } from "../../adapters/libsql/events/event_log.ts";
import { createInboundStore } from "../../adapters/libsql/inbound/inbound.ts";
import { createSuppressionStore } from "../../adapters/libsql/suppressions/suppressions.ts";
import { createListDraftStore } from "../../adapters/libsql/jobs/list_drafts.ts";
import { createJobStore } from "../../adapters/libsql/jobs/jobs.ts";
import { readSheet } from "../../adapters/spreadsheets/read_sheet.ts";
import { createContexts, type LibsqlContexts } from "../../adapters/libsql/services/contexts.ts";
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import { createUnsubscribeStore } from "../../adapters/libsql/notifications/unsubscribes.ts";
import { createQueueStore } from "../../adapters/libsql/queues/queues.ts";
import { createStatisticsStore } from "../../adapters/libsql/statistics/statistics.ts";
import { createMetrics } from "../../domain/metrics/metrics.ts";
import { createManagementStore } from "../../adapters/libsql/services/management.ts";
import { migrate } from "../../adapters/libsql/schema/migrations.ts";
import { createNotificationStore } from "../../adapters/libsql/notifications/notifications.ts";
import { createOutbox } from "../../adapters/libsql/outbox/outbox.ts";
import { createReceiptStore } from "../../adapters/libsql/notifications/receipts.ts";
import { createSecurityLog } from "../../application/access/security_log.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { Outbox } from "../../domain/ports/outbox.ts";
import type { SenderDefaults } from "../../domain/service/sender.ts";
import { createApp } from "../../routes/app.ts";
import { openCallbacks } from "../../runtime/callbacks.ts";
import { VERSION } from "../../runtime/version.ts";
import { ADMIN_TOKEN, startTestApplication, type TestApplication } from "../support/application.ts";
import { EMAIL_TEMPLATE, SMS_TEMPLATE } from "./messages.ts";

/** An application with a database file of its own, and the parts that the bench calls directly. */
export interface BenchHark {
  readonly hark: TestApplication;
  /** Calls the application as it is served: after the response it sends to the sandbox, which reports delivery at once. */
  send(request: Request): Promise<Response>;
  /** Waits until everything accepted by {@link send} is sent and recorded. */
  drain(): Promise<void>;
  /** The same application over the same file, whose dispatcher has no capacity: accepted rows wait in the outbox. */
  readonly untailed: Awaited<ReturnType<typeof createApp>>;
  readonly db: Database;
  readonly encryption: Encryption;
  readonly clock: Clock;
  readonly contexts: LibsqlContexts;
  readonly audit: AuditWriter;
  readonly outbox: Outbox;
  readonly defaults: SenderDefaults;
  readonly serviceId: ServiceId;
  /** A live key, as the management API showed it. */
  readonly key: string;
  readonly smsTemplateId: TemplateId;
  readonly emailTemplateId: TemplateId;
  close(): Promise<void>;
}

/** Limits that the bench does not reach. */
const NO_LIMITS = {
  rate_limit_per_minute: 1_000_000,
  daily_limits: { sms: 100_000_000, email: 100_000_000 },
};

/** Builds an application over a new file (`synchronous=FULL`), with a service, a live key and two templates. */
export async function openBenchHark(
  file: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<BenchHark> {
  const clock = createClock();
  const log = () => {};
  const db = await openDatabase({ url: `file:${file}` });
  await migrate(db, clock.now());
  const mailbox = { add: () => {}, list: () => [], get: () => undefined };
  const hark = await startTestApplication({ db, log, clock, mailbox, environment });
  const encryption = await createEncryption(hark.config.masterKeys);
  const contexts = createContexts(db, encryption);
  const audit = openAuditWriter({ db, encryption, clock });
  const management = createManagementStore({ db, encryption, contexts, audit });
  const defaults = { smsSender: "HARK", emailDomain: hark.config.emailDomain };
  const outbox = createOutbox({ db, encryption, clock });
  const events = createEventLog(db, encryption);
  const untailed = await createApp({
    clock,
    outsideClock: clock,
    log,
    securityLog: createSecurityLog(() => clock.now(), log),
    clientAddress: () => undefined,
    contexts,
    accepts: createAcceptStore({ db, encryption, contexts, clock }),
    notifications: createNotificationStore(db, encryption, audit),
    receipts: createReceiptStore(db),
    dispatch: () => Promise.resolve(),
    keyUses: { note: () => {} },
    management,
    loadAccounts: () => Promise.reject(new Error("the bench has no accounts")),
    jobs: createJobStore({ db, encryption, contexts, audit }),
    listDrafts: createListDraftStore({ db, encryption, contexts }),
    readSheet,
    unsubscribes: createUnsubscribeStore({ db, encryption, contexts, clock }),
    dispatcher: {
      hasCapacity: () => false,
      selectProvider: () => undefined,
      cancelSelection: () => {},
      heldChannels: () => [],
      freed: () => Promise.resolve(),
      resumesAt: () => undefined,
      dispatchListed: () => Promise.reject(new Error("the bench has no work queue")),
      deliver: () => Promise.resolve(),
      dispatchOnce: () =>
        Promise.resolve({ claimed: 0, full: false, held: false, ended: Promise.resolve(0) }),
    },
    providerManagement: {
      list: () => Promise.resolve([]),
      change: () => Promise.resolve(undefined),
    },
    receiptReaders: {},
    inboundReaders: {},
    inbound: createInboundStore({ db, encryption, contexts, audit, clock }),
    suppressions: createSuppressionStore({ db, encryption, contexts, audit }),
    defaults,
    smsPrices: undefined,
    adminToken: ADMIN_TOKEN,
    metricsToken: undefined,
    internal: undefined,
    metrics: createMetrics(),
    scrape: () => Promise.resolve(""),
    statistics: createStatisticsStore(db),
    queues: createQueueStore(db),
    deadLetters: createDeadLetterStore(db, clock, audit),
    deadMessages: createDeadMessageStore(db),
    unconfiguredProviders: [],
    publicUrl: undefined,
    documents: undefined,
    events,
    callbacks: openCallbacks({
      db,
      encryption,
      audit,
      events,
      clock,
      outsideClock: clock,
      log,
      metrics: createMetrics(),
      allowance: hark.config.callbackAllowance,
      callEndpoint: () => Promise.reject(new Error("the bench sets no callback")),
    }).ports,
    maxWaiting: 0,
    stopping: undefined,
    registry: undefined,
    mailbox: undefined,
    version: VERSION,
    readiness: { report: () => Promise.reject(new Error("the bench asks for no report")) },
    withinStoreBudget: db.withinRequest,
  });
  const service = await hark.newService(NO_LIMITS);
  const inFlight = new Set<Promise<unknown>>();
  const context = {
    waitUntil(work: Promise<unknown>) {
      const tracked = work.finally(() => inFlight.delete(tracked));
      inFlight.add(tracked);
    },
    passThroughOnException() {},
    props: {},
  };
  return {
    hark,
    send: async (request) => await hark.app.fetch(request, {}, context),
    async drain() {
      while (inFlight.size > 0) await Promise.all(inFlight);
      // First attempts over the dispatcher's capacity are left to the background work.
      await (await hark.backgroundWork.dispatch(new AbortController().signal)).ended;
    },
    untailed,
    db,
    encryption,
    clock,
    contexts,
    audit,
    outbox,
    defaults,
    serviceId: service.id as ServiceId,
    key: service.keys.live,
    smsTemplateId: await hark.newTemplate(service.id, SMS_TEMPLATE) as TemplateId,
    emailTemplateId: await hark.newTemplate(service.id, EMAIL_TEMPLATE) as TemplateId,
    async close() {
      await hark.close();
      db.close();
    },
  };
}
