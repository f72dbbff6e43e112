import { createClock } from "../../adapters/clock.ts";
import {
  type Bytes,
  createEncryption,
  type Encryption,
} from "../../adapters/crypto/envelope_encryption.ts";
import { type AuditWriter, openAuditWriter } from "../../adapters/libsql/accounts/audit_writer.ts";
import { createAcceptStore } from "../../adapters/libsql/notifications/accept.ts";
import { createContexts, type LibsqlContexts } from "../../adapters/libsql/services/contexts.ts";
import type { Database } from "../../adapters/libsql/connection/database.ts";
import { createEventLog } from "../../adapters/libsql/events/event_log.ts";
import { createInboxStore } from "../../adapters/libsql/inbox/inbox.ts";
import { createManagementStore } from "../../adapters/libsql/services/management.ts";
import { migrateEmpty } from "../support/migrated.ts";
import { createNotificationStore } from "../../adapters/libsql/notifications/notifications.ts";
import { createOutbox } from "../../adapters/libsql/outbox/outbox.ts";
import { createRecipientSettingsStore } from "../../adapters/libsql/recipients/recipient_settings.ts";
import { createReceiptStore } from "../../adapters/libsql/notifications/receipts.ts";
import { createRetention } from "../../adapters/libsql/notifications/retention.ts";
import { createUnsubscribeStore } from "../../adapters/libsql/notifications/unsubscribes.ts";
import type { EventLog } from "../../domain/ports/event_log.ts";
import type { InboxStore } from "../../domain/ports/inbox_store.ts";
import type { KeyId, NotificationRef, ServiceId, TemplateId } from "../../domain/ids.ts";
import type { QuotaCharge } from "../../domain/sending/limits.ts";
import type { Notification, PersonalData } from "../../domain/notification/notification.ts";
import type {
  Accept,
  AcceptRejection,
  AcceptResult,
  AcceptStore,
} from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type {
  NotificationQuery,
  NotificationStore,
} from "../../domain/ports/notification_store.ts";
import type { ChannelCapacity, ClaimedRow, Outbox } from "../../domain/ports/outbox.ts";
import type { ReceiptStore } from "../../domain/ports/receipt_store.ts";
import type { Retention } from "../../domain/ports/retention.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import type { UnsubscribeStore } from "../../domain/ports/unsubscribe_store.ts";
import type { RecipientSettingsStore } from "../../domain/ports/recipient_settings_store.ts";
import type { Receipt } from "../../domain/delivery/receipt.ts";
import {
  CHANNELS,
  DEFAULT_SETTINGS,
  type KeyKind,
  type ServiceSettings,
} from "../../domain/service/service.ts";
import { DAY_MS } from "../../domain/time/durations.ts";
import type { Backend, TestDatabase } from "./backends.ts";

/** When every test begins: 2026-03-01T12:00:00Z. */
export const START = Date.UTC(2026, 2, 1, 12);
export { DAY_MS };
/** The default master key of tests. */
export const MASTER_KEY: Bytes = new Uint8Array(32).fill(7);

/** A capacity of `most` rows for each channel. */
export function capacityFor(most: number): readonly ChannelCapacity[] {
  return CHANNELS.map((channel) => ({ channel, most }));
}

/** The current time of the stores under test, which the test sets. */
export interface TestTime {
  now: number;
}

/** All the stores of one isolate over one database. */
export interface Isolate {
  readonly db: Database;
  readonly time: TestTime;
  readonly clock: Clock;
  readonly encryption: Encryption;
  readonly contexts: LibsqlContexts;
  readonly audit: AuditWriter;
  readonly management: ManagementStore;
  readonly accepts: AcceptStore;
  readonly notifications: NotificationStore;
  readonly outbox: Outbox;
  readonly receipts: ReceiptStore;
  readonly retention: Retention;
  readonly unsubscribes: UnsubscribeStore;
  readonly recipientSettings: RecipientSettingsStore;
  readonly inboxes: InboxStore;
  readonly events: EventLog;
}

/** Puts an isolate's stores together. */
export async function createIsolate(
  db: Database,
  time: TestTime,
  masterKeys: readonly Bytes[] = [MASTER_KEY],
): Promise<Isolate> {
  const clock = createClock(() => time.now);
  const encryption = await createEncryption(masterKeys);
  const contexts = createContexts(db, encryption);
  const audit = openAuditWriter({ db, encryption, clock });
  return {
    db,
    time: time,
    clock,
    encryption,
    contexts,
    audit,
    management: createManagementStore({ db, encryption, contexts, audit }),
    accepts: createAcceptStore({ db, encryption, contexts, clock }),
    notifications: createNotificationStore(db, encryption, audit),
    outbox: createOutbox({ db, encryption, clock }),
    receipts: createReceiptStore(db),
    retention: createRetention(db),
    unsubscribes: createUnsubscribeStore({ db, encryption, contexts, clock }),
    recipientSettings: createRecipientSettingsStore({ db, encryption, contexts, clock }),
    inboxes: createInboxStore({ db, encryption, contexts, clock }),
    events: createEventLog(db, encryption),
  };
}

/** A service with a key and a template, as the tests send with. */
export interface Sender {
  readonly serviceId: ServiceId;
  readonly keyId: KeyId;
  readonly secret: string;
  readonly templateId: TemplateId;
  readonly revision: number;
}

/** An isolate over a migrated database of its own. */
export interface Bench extends Isolate, AsyncDisposable {
  readonly database: TestDatabase;
  /** Another isolate over the same database, with empty caches. */
  another(masterKeys?: readonly Bytes[]): Promise<Isolate>;
}

/** Opens a database and an isolate over it. */
export async function openBench(backend: Backend): Promise<Bench> {
  const database = await backend.open();
  await migrateEmpty(database.db, START);
  const time: TestTime = { now: START };
  const isolate = await createIsolate(database.db, time);
  return {
    ...isolate,
    database,
    another: async (masterKeys) => await createIsolate(await database.another(), time, masterKeys),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** Makes a service, a key and a template. */
export async function newSender(
  { management, contexts, time: time }: Isolate,
  { settings = {}, kind = "live" }: {
    readonly settings?: Partial<ServiceSettings>;
    readonly kind?: KeyKind;
  } = {},
): Promise<Sender> {
  const serviceId = crypto.randomUUID() as ServiceId;
  const keyId = crypto.randomUUID() as KeyId;
  const templateId = crypto.randomUUID() as TemplateId;
  const secret = crypto.randomUUID();
  await management.createService({
    id: serviceId,
    name: "Library",
    mode: "live",
    active: true,
    settings: { ...DEFAULT_SETTINGS, ...settings },
  }, time.now);
  await management.createKey(serviceId, { id: keyId, name: "Key", kind, secret }, time.now);
  await management.createTemplate(serviceId, {
    id: templateId,
    channel: "sms",
    name: "Overdue",
    subject: null,
    body: "Hello ((name))",
  }, time.now);
  const context = await contexts.load(serviceId, { fresh: true });
  if (context === undefined) throw new Error("the service was not made");
  return { serviceId, keyId, secret, templateId, revision: context.service.revision };
}

/** The fields of an accept that a test sets; all others have the same values in every test. */
export type AcceptPlan =
  & Partial<Omit<Accept, "notification">>
  & Partial<Omit<Notification, "personal" | "id">>
  & { readonly personal?: Partial<PersonalData> };

/** E-mails have recipients of their own: one that bounces suppresses its recipient. */
function recipientOf(channel: Notification["channel"] | undefined) {
  if (channel !== "email") return { to: "07700 900123", recipient: "447700900123" };
  const address = `ann-${crypto.randomUUID()}@example.org`;
  return { to: address, recipient: address };
}

/** Makes an accept that may pass: new id, the present time, no charges. */
export function newAccept(
  { clock, time: time }: Isolate,
  sender: Sender,
  plan: AcceptPlan = {},
): Accept {
  const {
    revision,
    charges,
    idempotency,
    lease,
    personal,
    documents,
    inBatch,
    dueAt,
    jobLease,
    takesFromJob,
    ...rest
  } = plan;
  return {
    notification: {
      serviceId: sender.serviceId,
      id: clock.newNotificationId(),
      channel: "sms",
      keyKind: "live",
      keyId: sender.keyId,
      templateId: sender.templateId,
      templateVersion: 1,
      reference: null,
      sender: "LIBRARY",
      fragments: 1,
      international: false,
      createdAt: time.now,
      ...rest,
      personal: {
        ...recipientOf(rest.channel),
        personalisation: { name: "Ada" },
        subject: null,
        body: "Hello Ada",
        oneClickUnsubscribeUrl: null,
        ...personal,
      },
    },
    revision: revision ?? sender.revision,
    charges: charges ?? [],
    idempotency,
    lease,
    ...(documents === undefined ? {} : { documents }),
    ...(inBatch === undefined ? {} : { inBatch }),
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(jobLease === undefined ? {} : { jobLease }),
    ...(takesFromJob === undefined ? {} : { takesFromJob }),
  };
}

/** A charge of 1 to a counter with this limit. */
export function charge(scope: string, limit: number): QuotaCharge {
  return {
    scope,
    floor: 0,
    step: 1,
    limit,
    expiresAt: START + 2 * DAY_MS,
    refusal: { kind: "daily-limit", counter: "sms", limit, retryAfterS: 1 },
  };
}

export function refOf({ notification }: Pick<Accept, "notification">): NotificationRef {
  return { serviceId: notification.serviceId, notificationId: notification.id };
}

/** The result of an accept that was written. */
export const ACCEPTED: AcceptResult = { kind: "accepted" };

/** The result of an accept that was rejected for a reason that has no facts. */
export function rejected(
  reason: Exclude<AcceptRejection["reason"], "counter" | "too-large">,
): AcceptResult {
  return { kind: "rejected", reason };
}

/** The result of an accept that was rejected by the counter of a scope. */
export function overLimit(scope: string): AcceptResult {
  return { kind: "rejected", reason: "counter", scope };
}

export function isAccepted({ kind }: AcceptResult): boolean {
  return kind === "accepted";
}

/** Accepts a notification and returns its reference. */
export async function accepted(
  isolate: Isolate,
  sender: Sender,
  plan: AcceptPlan = {},
): Promise<NotificationRef> {
  const accept = newAccept(isolate, sender, plan);
  const result = await isolate.accepts.accept(accept);
  if (result.kind === "rejected") throw new Error(`the accept was rejected: ${result.reason}`);
  return refOf(accept);
}

/** Claims the one row that is due. */
export async function claimOne({ outbox, time: time }: Isolate): Promise<ClaimedRow> {
  const [item, ...others] = await outbox.claim(time.now, capacityFor(10), 30_000);
  if (item === undefined || others.length > 0) throw new Error("one row was expected to be due");
  return item;
}

/** Starts an attempt, and records that the provider `post` accepted the message with the id `messageId`. */
export async function startAndAccept(
  isolate: Isolate,
  item: ClaimedRow,
  messageId: string,
): Promise<boolean> {
  const { outbox, time: time } = isolate;
  const provider = "post";
  const attempt = await outbox.start(
    item.lease,
    { provider, possibleDuplicate: false },
    time.now,
    time.now + 30_000,
  );
  const { isWritten } = await outbox.settle(item.lease, provider, {
    status: "sending",
    providerMessageId: messageId,
    next: { kind: "expire", dueAt: time.now + 3 * DAY_MS },
    unresolved: false,
    events: [{
      kind: "attempt-ended",
      facts: { provider, attempt: attempt ?? 1, outcome: "accepted" },
    }],
  }, time.now);
  return isWritten;
}

/** A receipt of the provider `post`; its dedupe key is built from the message and the kind. */
export function receipt(
  messageId: string,
  kind: Receipt["kind"],
  rest: Partial<Receipt> = {},
): Receipt {
  return {
    provider: "post",
    providerMessageId: messageId,
    ref: undefined,
    kind,
    code: undefined,
    at: undefined,
    dedupeKey: `${messageId} ${kind}`,
    ...rest,
  };
}

/** A list of everything, newest first. */
export const EVERYTHING: NotificationQuery = {
  keyKind: undefined,
  channels: [],
  statuses: [],
  reference: undefined,
  includeJobs: true,
  olderThan: undefined,
  offset: 0,
  limit: 250,
};

/** Every table with its rows, as SQLite returns them. */
export async function dump(db: Database): Promise<ReadonlyMap<string, readonly string[]>> {
  const [tables] = await db.read([
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
  ]);
  const names = (tables?.rows ?? []).map((row) => String(row.name));
  const results = await db.read(names.map((name) => `SELECT * FROM ${name}`));
  return new Map(names.map((name, index) => [
    name,
    (results[index]?.rows ?? []).map((row) =>
      Object.values(row).map((value) =>
        value instanceof ArrayBuffer ? new TextDecoder("latin1").decode(value) : String(value)
      ).join(" | ")
    ),
  ]));
}

/** What is stored in the rows of notifications, and how it is counted. */
const IN_NOTIFICATIONS: ReadonlyMap<string, string> = new Map([
  // The first event of each, the accept, is not stored.
  ["events", "SELECT coalesce(sum(1 + json_array_length(events)), 0) AS n FROM notifications"],
  ["provider_messages", "SELECT count(provider_message_id) AS n FROM notifications"],
]);

/** How many rows a table has, or how many `events` or `provider_messages` the notifications have. */
export async function countRows(db: Database, table: string): Promise<number> {
  const counted = IN_NOTIFICATIONS.get(table) ?? `SELECT count(*) AS n FROM ${table}`;
  const [result] = await db.read([counted]);
  return Number(result?.rows[0]?.n);
}
