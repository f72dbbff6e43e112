import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { createClient, type InStatement } from "@libsql/client";
import { type Database, openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { createProviderStore } from "../../../adapters/libsql/providers/provider_settings.ts";
import { createReadinessStore } from "../../../adapters/libsql/readiness.ts";
import { createCallbackRetention } from "../../../adapters/libsql/callbacks/callback_retention.ts";
import { createInboundRetention } from "../../../adapters/libsql/inbound/inbound_retention.ts";
import { createInboundStore } from "../../../adapters/libsql/inbound/inbound.ts";
import { createSuppressionStore } from "../../../adapters/libsql/suppressions/suppressions.ts";
import { recordAccounts } from "./account_calls.ts";
import { textOf } from "../../contracts/inbound_contract.ts";
import { MESSAGE_FILTERS, messagePagesOf } from "../../contracts/message_pages_contract.ts";
import { createDocumentRetention } from "../../../adapters/libsql/documents/document_retention.ts";
import { createEventRetention } from "../../../adapters/libsql/events/event_retention.ts";
import { createListDraftStore } from "../../../adapters/libsql/jobs/list_drafts.ts";
import { createDocumentStore } from "../../../adapters/libsql/documents/documents.ts";
import { createDeadMessageStore } from "../../../adapters/libsql/queues/dead_messages.ts";
import { createQueueStore } from "../../../adapters/libsql/queues/queues.ts";
import { createStatisticsStore } from "../../../adapters/libsql/statistics/statistics.ts";
import { createStatisticsRetention } from "../../../adapters/libsql/statistics/statistics_retention.ts";
import { migrateEmpty } from "../../support/migrated.ts";
import { createRegistryTemplateStore } from "../../../adapters/libsql/templates/registry_templates.ts";
import { failPermanently, finishWithoutAttempt } from "../../../domain/delivery/attempt_result.ts";
import type { FolderId, NotificationRef, ServiceId } from "../../../domain/ids.ts";
import { chargeOfJob } from "../../../domain/jobs/job_charge.ts";
import type { NotificationQuery } from "../../../domain/ports/notification_store.ts";
import { callbacksOf, ended } from "../../contracts/callbacks_contract.ts";
import { newWrite } from "../../contracts/registry_templates_contract.ts";
import { newMessage } from "../../contracts/inbox_contract.ts";
import { newDeadLetterCommand } from "../../contracts/dead_letter_commands_contract.ts";
import { deadLettersOf } from "../../contracts/dead_letters_contract.ts";
import { keyOf, newDocument } from "../../contracts/documents_contract.ts";
import {
  acceptRows,
  createJob,
  jobsOf,
  newClaim,
  newJob,
  newListDraft,
  newRows,
} from "../../contracts/jobs_contract.ts";
import {
  accepted,
  capacityFor,
  charge,
  createIsolate,
  DAY_MS,
  EVERYTHING,
  type Isolate,
  newAccept,
  newSender,
  receipt,
  type Sender,
  START,
  startAndAccept,
} from "../../contracts/isolate.ts";

interface Ran {
  readonly sql: string;
  readonly args: readonly unknown[];
}

/** The statements that the stores run for each kind of call. */
type Calls = Readonly<Record<string, readonly Ran[]>>;

/** The calls that must stay quick however many rows there are, with the statements that they ran. */
async function recordCalls(opened: Database): Promise<Calls> {
  let ran: Ran[] = [];
  const note = (statements: readonly InStatement[]) => {
    for (const statement of statements) {
      const { sql, args = [] } = typeof statement === "string" ? { sql: statement } : statement;
      assert.ok(Array.isArray(args), "arguments are given by position");
      ran.push({ sql, args });
    }
  };
  const noted = ({ write, read }: Pick<Database, "write" | "read">) => ({
    write: (statements: readonly InStatement[]) => (note(statements), write(statements)),
    read: (statements: readonly InStatement[]) => (note(statements), read(statements)),
  });
  const db: Database = {
    ...opened,
    ...noted(opened),
    readPoint: noted({ ...opened, read: opened.readPoint }).read,
    readLong: noted({ ...opened, read: opened.readLong }).read,
    background: { ...opened.background, ...noted(opened.background) },
  };
  const calls: Record<string, readonly Ran[]> = {};
  const isolate = await createIsolate(db, { now: START });
  const {
    notifications,
    outbox,
    receipts,
    accepts,
    retention,
    contexts,
    management,
    unsubscribes,
  } = isolate;
  for (let i = 0; i < 30; i++) await newSender(isolate);
  const sender = await newSender(isolate);
  const { serviceId, templateId } = sender;
  async function record<T>(name: string, call: () => Promise<T>): Promise<T> {
    ran = [];
    const result = await call();
    calls[name] = [...calls[name] ?? [], ...ran];
    return result;
  }
  const idempotency = { keyHash: "k", requestHash: "r", answer: "{}", expiresAt: START + 1 };
  const ref = await record(
    "accept",
    () => accepted(isolate, sender, { charges: [charge("day", 9)], reference: "r", idempotency }),
  );
  await Promise.all(
    Array.from({ length: 200 }, (_, i) => accepted(isolate, sender, { reference: String(i) })),
  );
  await record("recall", () => accepts.recall(serviceId, "k", ["day"], START));
  await record("recall many", () => accepts.recallMany(serviceId, ["k", "l"], ["day"], START));
  await record("charge", () => accepts.charge(serviceId, [charge("rate", 9)]));
  await record(
    "store answer",
    () => accepts.storeAnswer(serviceId, { ...idempotency, keyHash: "other" }),
  );
  await record("load current", () => contexts.load(serviceId, { fresh: true }));
  contexts.forget(serviceId);
  await record(
    "load",
    () => contexts.load(serviceId, { fresh: true, template: { by: "id", id: templateId } }),
  );
  contexts.forget(serviceId);
  await record(
    "load",
    () => contexts.load(serviceId, { fresh: true, template: { by: "number", number: 1 } }),
  );
  await record("get templates", () => management.getTemplates(serviceId, [templateId]));
  await record("cancel", () => notifications.cancel(ref, "live", START - 1));
  await record("get template", () => management.getTemplate(serviceId, templateId, 1));
  const providerStore = createProviderStore(db, isolate.audit);
  await record("claim overdue", () => outbox.claimOverdue(START - 1, ["sms"], 1_000));
  const list = { serviceId, channel: "sms", ids: [ref.notificationId] } as const;
  await record("claim listed", () => outbox.claimListed(START - 1, list, 1_000));
  await record("list due", () => outbox.listDue(START, ["sms"], 50));
  const deadMessages = createDeadMessageStore(db);
  const dead = { id: "one", kind: "unknown", ids: 0, reason: "kind" } as const;
  await record("record dead message", () => deadMessages.record([dead], START));
  await record("dead messages", () => deadMessages.read());
  const fault = { code: "x", since: START };
  await record("record fault", () => providerStore.recordFault("twilio", fault, START));
  await record("change provider", () => providerStore.change("twilio", { weight: 1 }, START));
  await record("awaited providers", () => providerStore.listAwaited());
  await record("readiness", () => createReadinessStore(db).readState([]));
  await record("queues", () => createQueueStore(db).read(START));
  await record("queues", () => createQueueStore(db).oldestDue(START));
  const items = await record("claim", () => outbox.claim(START, capacityFor(50), 1_000));
  await record("next due", () => outbox.nextDueAt());
  const [item, late] = items;
  if (item === undefined || late === undefined) throw new Error("nothing was due");
  await record("settle", () => startAndAccept(isolate, item, "m"));
  const expired = failPermanently("expired", "too-late", false, START);
  await record("settle", () => outbox.settle(late.lease, undefined, expired, START));
  const settings = { time_zone: "Europe/Kyiv" };
  const { serviceId: movedId } = await newSender(isolate);
  await record(
    "change zone",
    () => management.updateService(movedId, { settings }, START),
  );
  await record(
    "receive",
    () => receipts.receive([receipt("m", "delivered"), receipt("n", "complaint", { ref })], START),
  );
  await record("apply unmatched", () => receipts.applyUnmatched("post", ["m"], START));
  await record("sweep", () => receipts.sweep(START + DAY_MS, 9, START));
  await record("get", () => notifications.get(ref));
  await record("timeline", () => notifications.timeline(ref));
  await record(
    "find by recipient",
    () => notifications.findByRecipient(serviceId, "447700900123", 9),
  );
  const { notificationId: olderThan } = ref;
  await record(
    "find by recipient, filtered",
    () =>
      notifications.findByRecipient(serviceId, "447700900123", 9, { olderThan, reference: "r" }),
  );
  for (const position of [{ olderThan }, { newerThan: olderThan }]) {
    await record(
      "find by recipient, a page",
      () => notifications.findByRecipient(serviceId, "447700900123", 9, { position }),
    );
  }
  const queries: readonly Partial<NotificationQuery>[] = [
    {},
    { olderThan },
    { keyKind: "live" },
    { channels: ["sms"] },
    { channels: ["sms", "email"] },
    { statuses: ["created", "sending"] },
    { reference: "r" },
    { processInstance: "p" },
    { processInstance: "p", reference: "r", olderThan },
    { keyKind: "live", includeJobs: false, processInstance: "p", statuses: ["created"] },
    { keyKind: "live", channels: ["sms"], statuses: ["created"], olderThan },
    { keyKind: "live", channels: ["sms", "email"], reference: "r", olderThan },
    { keyKind: "live", includeJobs: false },
    { keyKind: "live", includeJobs: false, olderThan, channels: ["sms"], statuses: ["created"] },
    { keyKind: "live", includeJobs: false, olderThan, reference: "r" },
    { keyKind: "live", statuses: ["permanent-failure", "cancelled"], olderThan },
    { keyKind: "live", statuses: ["created", "sending", "expired"] },
    { statuses: ["created"], includeJobs: false, olderThan },
    { keyKind: "live", statuses: ["delivered", "sent"], olderThan },
    { keyKind: "live", statuses: ["sent"], reference: "r" },
  ];
  for (const query of queries) {
    await record("list", () => notifications.list(serviceId, { ...EVERYTHING, ...query }));
  }
  await recordMessages(isolate, ref, record);
  await recordDocuments(isolate, sender, record);
  await recordInbox(isolate, sender, record);
  const token = await unsubscribes.issueToken(ref);
  await record("find link", () => unsubscribes.find(ref.notificationId, token));
  await record("unsubscribe", () => unsubscribes.request(ref, START));
  await record("list unsubscribed", () => unsubscribes.list(serviceId, {}, 9));
  await record(
    "list unsubscribed",
    () => unsubscribes.list(serviceId, { olderThan: ref.notificationId }, 9),
  );
  await record(
    "list unsubscribed",
    () => unsubscribes.list(serviceId, { newerThan: ref.notificationId }, 9),
  );
  await recordPersons(isolate, serviceId, record);
  await recordJobs(isolate, sender, record);
  await recordRegistry(isolate, serviceId, record);
  await recordTemplates(isolate, sender, record);
  await record("events", () => isolate.events.read(serviceId, { after: 1, limit: 9 }));
  await record(
    "events",
    () => isolate.events.read(serviceId, { after: 1, limit: 9, keyKind: "live" }),
  );
  await record("events", () => isolate.events.read(serviceId, { limit: 9, keyKind: "live" }));
  await record("last numbers", () => isolate.events.lastNumbers([serviceId]));
  await recordCallbacks(isolate, record);
  await recordInbound(isolate, sender, record);
  await recordAccounts(isolate, record);
  await recordDeadLetters(isolate, record);
  await record("purge", () => retention.purge(START + 30 * DAY_MS, 10));
  const events = createEventRetention(db);
  await record("purge events", () => events.purge(START + 30 * DAY_MS, 1));
  return calls;
}

/** The calls of the pages of messages. */
async function recordMessages(
  isolate: Isolate,
  ref: NotificationRef,
  record: <T>(name: string, call: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const pages = messagePagesOf(isolate);
  const { serviceId, notificationId } = ref;
  // Each statement is explained twice, so that a part of them has to do.
  for (const filter of MESSAGE_FILTERS.filter((_, at) => at < 21 || at % 17 === 0)) {
    for (const position of [{ olderThan: notificationId }, { newerThan: notificationId }]) {
      await record("messages", () => pages.read(serviceId, filter, position, 9));
    }
  }
  await record("message", () => pages.readOne(ref));
  await record("deleted message", () => pages.readDeleted(ref));
}

/** The calls of callbacks, beside those of other services. */
async function recordCallbacks(
  isolate: Isolate,
  record: <T>(name: string, call: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const sender = await newSender(isolate);
  const { outbox, run, set, store } = callbacksOf(isolate);
  for (let i = 0; i < 30; i++) await set(await newSender(isolate));
  const ref = await record("set callback", () => set(sender));
  await ended(isolate, sender, 9);
  await record("callbacks due", () => outbox.hasDue(START));
  await record("send callbacks", () => run());
  await record("callback log", () => store.readLog(ref, 9, 9));
  await record("replay callbacks", () => store.replay(ref, 1, 2, START));
  await record("rotate callback", () => store.rotate(ref, "whsec_AAAA", START));
  const purge = createCallbackRetention(isolate.db);
  await record("purge callbacks", () => purge.purge(START + 30 * DAY_MS, 1));
  await record("delete callback", () => store.delete(ref, START));
}

/** The calls of dead letters, beside those of other services. */
async function recordDeadLetters(
  isolate: Isolate,
  record: <T>(name: string, call: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const [sender, store] = [await newSender(isolate), deadLettersOf(isolate)];
  const letters: NotificationRef[] = [];
  for (let i = 0; i < 20; i++) letters.push(await accepted(isolate, sender));
  const failed = finishWithoutAttempt("technical-failure", "x");
  for (const { lease } of await isolate.outbox.claim(START, capacityFor(50), 1_000)) {
    await isolate.outbox.settle(lease, undefined, failed, START);
  }
  const [first, second] = letters;
  if (first === undefined || second === undefined) throw new Error("there are many");
  const page = { isDropped: false, olderThan: second.notificationId, limit: 9 };
  await record("list dead letters", () => store.list({ reason: "x" }, page));
  await record("count dead letters", () => store.count());
  await record("find dead letter", () => store.find(first.notificationId));
  await record("redrive", () => store.redrive(first, START));
  await record("drop", () => store.drop(second, "x", START));
  for (const action of ["redrive", "drop"] as const) {
    const command = newDeadLetterCommand(isolate, action);
    await record("command", () => store.command(command, START));
    await record("get command", () => store.getCommand(command.id));
    await record("step of a command", () => store.takeStep(START));
  }
}

/** The calls of suppressions and of received texts, beside those of other services. */
async function recordInbound(
  isolate: Isolate,
  { serviceId }: Sender,
  record: <T>(name: string, call: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const suppressions = createSuppressionStore(isolate);
  const inbound = createInboundStore(isolate);
  const page = { olderThan: undefined, limit: 9 };
  const add = (recipient: string, id = crypto.randomUUID()) =>
    suppressions.add({
      serviceId,
      id,
      channel: "sms",
      recipient,
      because: "operator",
      reason: "Asked",
    }, START);
  const [id, number] = [crypto.randomUUID(), crypto.randomUUID()];
  for (let i = 0; i < 50; i++) await add(String(447700900000 + i));
  await record("suppress", () => add("447700800000", id));
  await record("list suppressions", () => suppressions.list(serviceId, { ...page, lifted: false }));
  await record(
    "list suppressions",
    () => suppressions.list(serviceId, { lifted: true, olderThan: id, limit: 9 }),
  );
  await record(
    "list suppressions",
    () => suppressions.list(serviceId, { lifted: false, newerThan: id, limit: 9 }),
  );
  await record("get suppression", () => suppressions.get(serviceId, id));
  await record("find suppression", () => suppressions.find(serviceId, "sms", "447700800000"));
  await record("find suppressed", () => suppressions.findSuppressed(serviceId, "sms", ["1", "2"]));
  await record("has suppressions", () => suppressions.hasAny(serviceId));
  await record("lift suppression", () => suppressions.lift(serviceId, id, "Signed", START));
  await record(
    "add number",
    () => inbound.addNumber(serviceId, { id: number, number: "60" }, START),
  );
  await record("list numbers", () => inbound.listNumbers(serviceId));
  await record("find service of number", () => inbound.findService("60"));
  for (const keyword of ["stop", "start", "help"] as const) {
    const text = textOf(isolate, serviceId, { keyword });
    await record("receive text", () => inbound.receive(text, START));
  }
  await record("received texts", () => inbound.list(serviceId, { ...page, olderThan: id }, START));
  await record("received texts", () => inbound.list(serviceId, { newerThan: id, limit: 9 }, START));
  await record("texts from", () => inbound.listFrom(serviceId, "447700900123", page, START));
  const above = { newerThan: id, limit: 9 };
  await record("texts from", () => inbound.listFrom(serviceId, "447700900123", above, START));
  const purge = createInboundRetention(isolate.db);
  await record("purge inbound", () => purge.purge(START + 99 * DAY_MS, 1));
  await record("delete number", () => inbound.deleteNumber(serviceId, number, START));
}

/** The calls that read and write registry templates, beside many other templates. */
async function recordRegistry(
  { db, contexts }: Isolate,
  serviceId: ServiceId,
  record: <T>(name: string, call: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const templates = createRegistryTemplateStore(db, contexts);
  for (let i = 0; i < 100; i++) await templates.save(serviceId, newWrite({ name: `n${i}` }), START);
  const first = await record("save", () => templates.save(serviceId, newWrite(), START));
  if (first === undefined) throw new Error("nothing was saved");
  const { id, version } = first.template;
  const write = newWrite({ previous: { id, version } });
  await record("save", () => templates.save(serviceId, { ...write, version: undefined }, START));
  await record("save", () => templates.save(serviceId, write, START));
  await record("find template", () => templates.find(serviceId, "inbox", "n1"));
  const name = { by: "name", channel: "inbox", name: "n1" } as const;
  await record("load", () => contexts.load(serviceId, { fresh: true, template: name }));
  await record("list by name", () => templates.listByName(serviceId, "n1"));
  await record("list templates", () => templates.list(serviceId));
  await record("remove", () => templates.remove(serviceId, id, START));
}

/** The calls of folders, lists and histories of templates, beside many other templates. */
async function recordTemplates(
  { management }: Isolate,
  { serviceId, templateId }: Sender,
  record: <T>(name: string, call: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const folder = { id: crypto.randomUUID() as FolderId, name: "Folder" };
  await record("create folder", () => management.createFolder(serviceId, folder, START));
  await record("list folders", () => management.listFolders(serviceId));
  await record("rename folder", () => management.renameFolder(serviceId, folder, START));
  const ids = [templateId];
  await record("move", () => management.moveTemplates(serviceId, ids, folder.id, START));
  for (
    const query of [
      {},
      { folderId: null },
      { folderId: folder.id, channel: "sms" as const },
      { search: "text", after: templateId },
      { before: templateId },
    ]
  ) {
    const page = { isArchived: false, limit: 9, ...query };
    await record("template page", () => management.listTemplatePage(serviceId, page));
  }
  const also = { days: { from: 0, to: 9 }, version: 1 };
  await record("open template", () => management.openTemplate(serviceId, templateId, also));
  const change = { body: "New" };
  await record(
    "save version",
    () => management.updateTemplateFrom(serviceId, templateId, 1, change, START),
  );
  const history = { olderThan: 9, limit: 9 };
  await record("list", () => management.listVersions(serviceId, templateId, history));
  await record("archive", () => management.archiveTemplates(serviceId, ids, START));
  await record("restore", () => management.restoreTemplate(serviceId, templateId, START));
  await record("delete folder", () => management.deleteFolder(serviceId, folder.id, START));
}

/** The calls of people's channels, each beside many others. */
async function recordPersons(
  { recipientSettings }: Isolate,
  serviceId: ServiceId,
  record: <T>(name: string, call: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const many = Array.from({ length: 200 }, (_, i) => `person-${i}`);
  const verify = (recipientId: string) => {
    const address = { address: `${recipientId}@b.cc`, normalised: `${recipientId}@b.cc` };
    return { channel: "email" as const, address, code: "048213" };
  };
  for (const recipientId of many) {
    await recipientSettings.settings({ serviceId, recipientId }, START);
    await recipientSettings.startVerification(
      { serviceId, recipientId },
      verify(recipientId),
      START,
    );
  }
  const [recipientId = ""] = many;
  const person = { serviceId, recipientId };
  await record("settings", () => recipientSettings.settings(person, START));
  await record(
    "first settings",
    () => recipientSettings.settings({ serviceId, recipientId: "new" }, START),
  );
  await record(
    "verify",
    () => recipientSettings.startVerification(person, verify(recipientId), START),
  );
  await record("activate", () => recipientSettings.activate(person, verify(recipientId), START));
  for (const other of many.slice(1)) {
    await recipientSettings.activate({ serviceId, recipientId: other }, verify(other), START);
  }
  await record(
    "deactivate",
    () => recipientSettings.deactivate(person, "email", { address: undefined, reason: "x" }, START),
  );
  await record("preferences", () => recipientSettings.preferences(serviceId, many));
}

/** The calls of jobs, each beside many others. */
async function recordJobs(
  isolate: Isolate,
  sender: Sender,
  record: <T>(name: string, call: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const { store, queue } = jobsOf(isolate);
  const { serviceId } = sender;
  for (let job = 0; job < 50; job++) await createJob(store, sender, [1, 1, 1]);
  const { id } = await record("create job", () => createJob(store, sender, [9, 9]));
  await record(
    "find duplicate upload",
    () => store.findDuplicateUpload(serviceId, "file", START - 1),
  );
  await record("get job", () => store.get(serviceId, id));
  await record("list jobs", () => store.list(serviceId, {}, 9));
  await record("list jobs", () => store.list(serviceId, { olderThan: id }, 9));
  await record("list jobs", () => store.list(serviceId, { newerThan: id }, 9));
  const chunk = await record("claim part", () => queue.claimChunk(START, 1_000));
  if (chunk === undefined) throw new Error("nothing was due");
  await record("accept", () => acceptRows(isolate, sender, chunk, chunk.rows));
  await record("results", () => store.results(serviceId, chunk.job.id, 0, 9));
  await record("finish part", () => queue.finishChunk(chunk, START));
  await record("due jobs", () => queue.listDue(START, 9));
  const named = await record(
    "claim part by number",
    () => queue.claimPart(serviceId, id, 1, START, 1_000),
  );
  if (typeof named === "string") throw new Error(`the part is ${named}`);
  await record("finish part by number", () => queue.finishPart(named, START, 1_000));
  await queue.release(named, START);
  const next = await queue.claimChunk(START, 1_000);
  if (next === undefined) throw new Error("nothing was due");
  await record("release", () => queue.release(next, START));
  const last = await queue.claimChunk(START, 1_000);
  if (last === undefined) throw new Error("nothing was due");
  await record("end job", () => queue.end(last, "error", "broken", START));
  await record("start job", () => store.start(serviceId, id, START));
  await recordJobCharges(isolate, sender, record);
  await recordPauses(isolate, sender, record);
  await recordListDrafts(isolate, sender, record);
  await record("cancel job", () => store.cancel(serviceId, id, START));
  await record("discard", () => store.discard(serviceId, id));
}

/** The calls by which jobs pause, go on and are withdrawn. */
async function recordPauses(
  isolate: Isolate,
  sender: Sender,
  record: <T>(name: string, call: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const { store } = jobsOf(isolate);
  const { serviceId } = sender;
  const { id } = await createJob(store, sender, [1]);
  await record("pause job", () => store.pause(serviceId, id, START));
  await record("resume job", () => store.resume(serviceId, id, START));
  await record("withdraw job", () => store.withdraw(serviceId, id, START));
  await record("release pause", () => store.releasePauseAnnouncement(serviceId, id));
  const paused = await createJob(store, sender, [1]);
  await store.pause(serviceId, paused.id, START);
  await store.releasePauseAnnouncement(serviceId, paused.id);
  await record("claim pause", () => store.claimPauseAnnouncement());
}

/** The calls of lists that people have uploaded, beside many others. */
async function recordListDrafts(
  isolate: Isolate,
  sender: Sender,
  record: <T>(name: string, call: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const store = createListDraftStore(isolate);
  const { serviceId } = sender;
  const drafts = Array.from({ length: 50 }, () => newListDraft(sender));
  for (const { id } of drafts) {
    await record(
      "stage list",
      () => store.stage(serviceId, id, 0, [{ row: 2, cells: [""] }], START),
    );
  }
  for (const draft of drafts) await record("create list", () => store.create(draft));
  const [draft] = drafts;
  if (draft === undefined) throw new Error("there are many");
  await record("get list", () => store.get(serviceId, draft.id, "key"));
  await record("read chunk of list", () => store.readChunk(serviceId, draft.id, 0));
  await record("find row of list", () => store.findRow(serviceId, draft.id, 2));
  await record("change list", () => store.update(draft));
  await record("discard list", () => store.discard(serviceId, draft.id));
}

/** The calls of jobs that are charged to a day, beside many others. */
async function recordJobCharges(
  isolate: Isolate,
  sender: Sender,
  record: <T>(name: string, call: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const { store, queue } = jobsOf(isolate);
  const { serviceId, revision } = sender;
  const service = await isolate.management.getService(serviceId);
  if (service === undefined) throw new Error("the service is gone");
  // It is due before all others.
  const job = newJob(sender, 2, { abroadRows: 1, scheduledFor: 1 });
  const charge = chargeOfJob(service, job, START);
  if (charge === undefined) throw new Error("the job costs nothing");
  await store.stage(serviceId, job.id, 0, newRows(2), START);
  const claim = newClaim({ chunks: 1 });
  await record("create job", () => store.create(job, claim, revision, charge));
  const chunk = await queue.claimChunk(START, 1_000);
  if (chunk?.job.id !== job.id) throw new Error("another job was due");
  const accepts = chunk.rows.map(({ row }) =>
    newAccept(isolate, sender, {
      delivery: { job: { id: job.id, row } },
      inBatch: true,
      jobLease: chunk.leaseToken,
      takesFromJob: { abroad: false },
    })
  );
  await record("accept", () => isolate.accepts.acceptMany(accepts));
  const waits = newJob(sender, 0, { status: "ready to send" });
  await store.create(waits, newClaim(), revision);
  await record("start job", () => store.start(serviceId, waits.id, START, { charge, revision }));
  await record("cancel job", () => store.cancel(serviceId, waits.id, START));
}

/** The calls of files, each beside many others. */
async function recordDocuments(
  isolate: Isolate,
  sender: Sender,
  record: <T>(name: string, call: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const { db, encryption, contexts } = isolate;
  const blobs = {
    put: () => Promise.resolve(),
    get: () => Promise.resolve(undefined),
    delete: () => Promise.resolve(new Map()),
  };
  const documents = createDocumentStore({ db, encryption, contexts, blobs });
  const many = Array.from({ length: 200 }, () => newDocument());
  const [first] = many;
  if (first === undefined) throw new Error("there are many");
  const ref = { serviceId: sender.serviceId, documentId: first.id };
  await record("stage", () => documents.stage(sender.serviceId, "a@b.cc", many, START));
  const kept = many.slice(0, 99).map(({ id, expiresAt }) => ({ id, expiresAt }));
  await record("accept", () => accepted(isolate, sender, { documents: kept }));
  await record("find document", () => documents.find(ref, keyOf(first)));
  await record("try address", () => documents.tryAddress(ref, "a@b.cc", START));
  await record(
    "delete unclaimed",
    () => documents.deleteUnclaimed(sender.serviceId, many.map(({ id }) => id)),
  );
  await record("purge counts", () => createStatisticsRetention(db).purge(START, 10));
  const query = { from: 0, to: 9, by: new Set(["day", "template"] as const) };
  await record("statistics", () => createStatisticsStore(db).read(sender.serviceId, query));
  const files = createDocumentRetention(db, blobs);
  await record("purge documents", () => files.purge(START + 30 * DAY_MS, 10));
}

/** The calls of an inbox, beside many others. */
async function recordInbox(
  isolate: Isolate,
  { serviceId }: Sender,
  record: <T>(name: string, call: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const { inboxes } = isolate;
  const inbox = { serviceId, recipientId: "citizen-1" };
  const many = Array.from({ length: 200 }, (_, i) => ({
    inbox: { serviceId, recipientId: `citizen-${i % 20}` },
    message: newMessage(isolate),
  }));
  await inboxes.putAll(many);
  const message = newMessage(isolate);
  await record("put", () => inboxes.put(inbox, message));
  for (const unreadOnly of [true, false]) {
    for (const after of [undefined, message.id]) {
      const query = { unreadOnly, after, offset: 2, limit: 9 };
      await record("list", () => inboxes.list(inbox, query));
    }
  }
  await record("count", () => inboxes.count(inbox));
  await record("acknowledge", () => inboxes.acknowledge(inbox, message.id, START));
  await record("acknowledge all", () => inboxes.acknowledgeAll(inbox, 5, START));
  await record("changes", () => inboxes.changesSince(inbox, 3, 5));
  await record("changes", () => inboxes.changesSince(inbox, undefined, 5));
}

/** The query plan of a statement, from the engine of the embedded database. */
async function explainAll(
  path: string,
  { sql, args }: Ran,
): Promise<readonly (readonly string[])[]> {
  const explain = `EXPLAIN QUERY PLAN ${sql}`;
  const client = createClient({ url: `file:${path}` });
  const { rows } = await client.execute({ sql: explain, args: args.map(toValue) });
  client.close();
  using server = new DatabaseSync(path);
  const newer = server.prepare(explain).all(...args.map(toValue));
  return [rows, newer].map((plan) => plan.map(({ detail }) => String(detail)));
}

function toValue(value: unknown) {
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string" || typeof value === "number" || value === null) return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError("an argument of another type");
}

/** Whether a step of a plan reads a whole table of the schema. `r` and JSON are the arguments of the call. */
function isScan(step: string): boolean {
  return step.startsWith("SCAN") && !step.includes("VIRTUAL TABLE") && !BOUNDED.test(step);
}

/** Scans whose size is bounded by the arguments, by the number of services, or by the hours for which counts are kept. */
const BOUNDED =
  /^SCAN (?:CONSTANT ROW|r|c|page|placed|queues|due|shared|walk|w|gone|logs|owners|touched|seen|later|batches|hours|busy_hours|placed LEFT-JOIN|\(subquery-[0-9]+\))$/;

/** The messages of a batch that are given back to limits are summed by day, and those of an outcome are counted. */
const SUM_OF_CHARGES = "USE TEMP B-TREE FOR GROUP BY";

/** The rows that were inserted first: the end of a table. */
const OLDEST = /FROM idempotency ORDER BY rowid LIMIT/;

for (const statistics of [false, true]) {
  const how = statistics ? "with statistics" : "without statistics";
  Deno.test(`query plans: no call scans a table that grows (${how})`, async (t) => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/hark.db`;
    const db = await openDatabase({ url: `file:${path}` });
    try {
      await migrateEmpty(db, START);
      const calls = await recordCalls(db);
      if (statistics) await db.write(["ANALYZE"]);
      db.close();
      for (const [name, ran] of Object.entries(calls)) {
        await t.step(name, async () => {
          assert.ok(ran.length > 0);
          for (const statement of ran) {
            for (const plan of await explainAll(path, statement)) {
              const explanation = `${statement.sql}\n${plan.join("\n")}`;
              const scans = plan.filter((step) =>
                isScan(step) && !(step === "SCAN idempotency" && OLDEST.test(statement.sql))
              );
              assert.deepEqual(scans, [], explanation);
              if (
                name === "list" || name === "changes" ||
                /SELECT id FROM inbox_messages/.test(statement.sql)
              ) {
                const sorts = plan.filter((step) =>
                  step.includes("TEMP B-TREE") &&
                  !(step === SUM_OF_CHARGES &&
                    /UPDATE counters|INTO statistics/.test(statement.sql))
                );
                assert.deepEqual(sorts, [], explanation);
              }
              if (name === "changes" && /FROM inbox_messages/.test(statement.sql)) {
                assert.ok(plan.some((step) => /sequence>\?\)/.test(step)), explanation);
              }
              if (name === "purge" && /inbox_messages/.test(statement.sql)) {
                const step = "INDEX inbox_messages_of_id (service_id=? AND id=?)";
                assert.ok(plan.some((line) => line.includes(step)), explanation);
              }
              if (name === "list" && /acknowledged_at IS NULL/.test(statement.sql)) {
                assert.ok(
                  plan.some((step) => step.includes("inbox_messages_not_read")),
                  explanation,
                );
              }
              if (/INSERT INTO inboxes .*sequence > coalesce/s.test(statement.sql)) {
                assert.ok(plan.some((step) => /SEARCH m .*sequence>\?\)/.test(step)), explanation);
              }
              if (name === "list" && /inbox_messages.*\?5/s.test(statement.sql)) {
                assert.ok(plan.some((step) => /SEARCH m .*sequence<\?\)/.test(step)), explanation);
              }
              // Ids are found at once, and never among all of a person's.
              for (const step of plan.filter((step) => /SEARCH inbox_messages /.test(step))) {
                assert.match(step, /sequence[<>=]| AND id=\?/, explanation);
              }
              if (name === "list" && /WITH page/.test(statement.sql)) {
                // Every range of a page is one of an index, and only one of all notifications has no further column.
                const ranges = plan.filter((step) => /SEARCH [no] .*\(service_id=\?/.test(step));
                const own = /\(service_id=\? AND (?:id|notification_id)=\?\)/;
                const along = new RegExp(
                  "INDEX notifications_(?:in_lists|of_reference|of_process|of_status) " +
                    "\\(service_id=\\? AND (?:list|reference_hash|process_hash|status)=\\?|" +
                    "SEARCH o USING (?:COVERING INDEX \\w+|PRIMARY KEY) \\(service_id=\\?",
                );
                const isOfAll = !/n\.(?:list|status) (?:=|IN)/.test(statement.sql);
                assert.ok(ranges.length > 0, explanation);
                assert.ok(
                  ranges.every((step) => isOfAll || along.test(step) || own.test(step)),
                  explanation,
                );
              }
              if (name === "messages" && /AS place/.test(statement.sql)) {
                // Ranges are merged in their order, and none is sorted.
                const first = plan.indexOf("MATERIALIZE page");
                const ranges = plan.slice(first, plan.findIndex((step) => step === "SCAN page"));
                assert.ok(first >= 0 && ranges.length > 1, explanation);
                assert.ok(!ranges.some((step) => step.includes("TEMP B-TREE")), explanation);
              }
              if (name === "find by recipient" && /FROM notifications/.test(statement.sql)) {
                assert.ok(plan.some((step) => step.includes("recipient_hash=?")), explanation);
              }
              if (name === "list by name" && /FROM registry_templates/.test(statement.sql)) {
                const range = /registry_templates|PRIMARY KEY|g USING/;
                const steps = plan.filter((step) => range.test(step) && /SEARCH g/.test(step));
                assert.ok(
                  steps.every((step) => /name[=<>]/.test(step)) && steps.length > 0,
                  explanation,
                );
              }
              if (/FROM registry_templates AS own/.test(statement.sql)) {
                assert.ok(
                  plan.some((step) => /SEARCH own .*template_id=\?/.test(step)),
                  explanation,
                );
                assert.ok(
                  plan.some((step) => /SEARCH g .*name>\? AND name<\?/.test(step)),
                  explanation,
                );
              }
              if (name === "claim listed" && /UPDATE outbox/.test(statement.sql)) {
                // Each id is looked up by the key.
                const key = "SEARCH outbox USING PRIMARY KEY (service_id=? AND notification_id=?)";
                assert.ok(plan.includes(key), explanation);
              }
              if (name === "claim" && /UPDATE outbox SET due_at/.test(statement.sql)) {
                // A long queue is not sorted: its index has its order.
                const at = plan.findIndex((step) =>
                  step.includes("lane=? AND service_id=? AND due_at<?")
                );
                assert.ok(at > 0 && !plan[at + 1]?.includes("RIGHT PART"), explanation);
                // Each further row of a queue is found behind the one before.
                const next = plan.findIndex((step) =>
                  step.includes("service_id=? AND (due_at,notification_id)>(?,?) AND due_at<?")
                );
                assert.ok(next > 0 && !/TEMP B-TREE/.test(plan[next + 1] ?? ""), explanation);
              }
              if (name === "claim" && /FROM outbox_queues AS q/.test(statement.sql)) {
                // Nor are many queues.
                const at = plan.findIndex((step) => step.includes("lane=? AND turn_at<?"));
                assert.ok(at > 0 && !plan[at + 1]?.includes("RIGHT PART"), explanation);
              }
              if (name === "claim" && /AS cancellation_reason/.test(statement.sql)) {
                const range = "(channel=? AND lane=? AND service_id=? AND due_at=?)";
                assert.ok(plan.some((step) => step.includes(range)), explanation);
              }
              if (name === "next due" && /outbox_queues/.test(statement.sql)) {
                const first = "outbox_queues_of_turn (channel=? AND lane=? AND turn_at>?)";
                assert.ok(plan.some((step) => step.includes(first)), explanation);
                assert.ok(!plan.some((step) => step.includes("TEMP B-TREE")), explanation);
              }
              if (name === "sweep" && /SELECT DISTINCT/.test(statement.sql)) {
                assert.ok(
                  plan.some((step) => /SEARCH receipts USING PRIMARY KEY \(.*provider/.test(step)),
                  explanation,
                );
                assert.ok(!plan.some((step) => step.includes("TEMP B-TREE")), explanation);
              }
              if (name === "apply unmatched" && /FROM receipts/.test(statement.sql)) {
                assert.ok(plan.some((step) => step.includes("message_id=?")), explanation);
              }
              if (name === "deleted message" && /FROM timelines/.test(statement.sql)) {
                const range = "(service_id=? AND first_id>? AND first_id<?)";
                assert.ok(plan.some((step) => step.includes(range)), explanation);
                assert.ok(!plan.some((step) => step.includes("TEMP B-TREE")), explanation);
              }
              if (name === "purge" && /timelines_of_age/.test(statement.sql)) {
                assert.ok(
                  plan.some((step) => step.includes("timelines_of_age (deleted_at<?)")),
                  explanation,
                );
              }
              if (name === "purge" && /timelines AS t/.test(statement.sql)) {
                const key = "(service_id=? AND first_id=? AND last_id=?)";
                assert.ok(plan.some((step) => step.includes(key)), explanation);
              }
              if (name === "purge" && /retention_days/.test(statement.sql)) {
                const range = "(service_id=? AND list=? AND id>? AND id<?)";
                assert.ok(plan.some((step) => step.includes(range)), explanation);
              }
            }
          }
        });
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
