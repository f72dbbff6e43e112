/** Lists of messages by filters. */
import assert from "node:assert/strict";
import { createAccountKey } from "../../adapters/libsql/accounts/account_key.ts";
import { idBytes } from "../../adapters/libsql/connection/row.ts";
import { createDeploymentKey } from "../../adapters/libsql/keys/deployment_key.ts";
import { createMessagePages } from "../../adapters/libsql/notifications/message_pages.ts";
import { reasonOfCount } from "../../domain/delivery/reasons.ts";
import type {
  JobId,
  KeyId,
  NotificationId,
  ServiceId,
  TemplateId,
  UserId,
} from "../../domain/ids.ts";
import type { StoredNotification } from "../../domain/notification/notification.ts";
import type { Status } from "../../domain/notification/status.ts";
import {
  MAX_MESSAGES_READ,
  type MessageFilter,
  type MessagePages,
} from "../../domain/ports/message_pages.ts";
import type { PagePosition } from "../../domain/ports/page_position.ts";
import type { Backend } from "./backends.ts";
import { accepted, EVERYTHING, type Isolate, newSender, openBench, START } from "./isolate.ts";

/** The store of lists over an isolate's database. */
export function messagePagesOf({ db, encryption, clock }: Isolate): MessagePages {
  const key = createAccountKey(createDeploymentKey(db, encryption, clock));
  return createMessagePages({ db, encryption, key });
}

/** States with the value by which they are counted. */
const STATES: readonly (readonly [Status, string])[] = [
  ["created", "requested"],
  ["sending", "requested"],
  ["sent", "sent"],
  ["delivered", "delivered"],
  ["permanent-failure", "failed twilio:30005"],
  ["permanent-failure", "failed smtp:550-5.1.1"],
  ["temporary-failure", "failed no-receipt"],
  ["technical-failure", "failed twilio:99999"],
  ["cancelled", "cancelled"],
  ["expired", "expired"],
];
const COUNTED = new Map<string, string>();

const JOB = crypto.randomUUID() as JobId;
const AUTHOR = crypto.randomUUID() as UserId;
const KEYS = [1, 2, 3].map(() => crypto.randomUUID() as KeyId);
const TEMPLATES = [1, 2, 3, 4].map(() => crypto.randomUUID() as TemplateId);

/** Stores messages of every state, with several templates and keys, some of a list and some by a person. */
async function storeMessages(bench: Isolate) {
  const sender = await newSender(bench);
  const { serviceId } = sender;
  const ids: NotificationId[] = [];
  for (let at = 0; at < 60; at++) {
    const [, counted] = STATES[at % STATES.length] ?? ["created", "requested"];
    bench.time.now = START + at * 1_000;
    const { notificationId } = await accepted(bench, sender, {
      channel: at % 3 === 0 ? "email" : "sms",
      keyKind: at % 4 === 0 ? "test" : "live",
      keyId: KEYS[at % 5 === 0 ? 2 : at % 2] ?? sender.keyId,
      templateId: TEMPLATES[at % 7 === 0 ? 3 : at % 3] ?? sender.templateId,
      reference: at % 6 === 0 ? "case 1" : null,
      ...at % 8 === 1 ? { authorId: AUTHOR } : {},
      personal: { recipient: `4477009001${10 + at % 4}`, to: "07700" },
    });
    COUNTED.set(notificationId, counted);
    ids.push(notificationId);
  }
  // A failure suppresses the recipient of an e-mail, so all are accepted before.
  for (const [at, notificationId] of ids.entries()) {
    const [status, counted] = STATES[at % STATES.length] ?? ["created", "requested"];
    const ref = [idBytes(serviceId), idBytes(notificationId)];
    const job = at % 9 === 0 ? [idBytes(JOB), at + 2] : [null, null];
    await bench.db.write([
      {
        sql: `UPDATE notifications SET status = ?3, counted_as = ?4, job_id = ?5, job_row = ?6
          WHERE service_id = ?1 AND id = ?2`,
        args: [...ref, status, counted, ...job],
      },
      ...["created", "sending"].includes(status) ? [] : [{
        sql: "DELETE FROM outbox WHERE service_id = ? AND notification_id = ?",
        args: ref,
      }],
    ]);
  }
  return serviceId;
}

/** Whether a filter has a message, decided without the database. */
function fits(message: StoredNotification, filter: MessageFilter): boolean {
  const counted = COUNTED.get(message.id) ?? "";
  const reason = counted.startsWith("failed ") ? reasonOfCount(counted.slice(7)) : undefined;
  const same = <T>(wanted: T | undefined, is: T | undefined | null) =>
    wanted === undefined || wanted === is;
  return same(filter.channel, message.channel) &&
    (filter.statuses.length === 0 || filter.statuses.includes(message.status)) &&
    same(filter.reason, reason) && same(filter.templateId, message.templateId) &&
    same(filter.jobId, message.delivery?.job?.id) && same(filter.keyId, message.keyId) &&
    (filter.authorId === undefined ||
      message.authorId === filter.authorId && message.delivery?.job === undefined) &&
    message.createdAt >= (filter.since ?? 0) &&
    message.createdAt < (filter.until ?? Number.MAX_VALUE) &&
    same(filter.recipient, message.personal.recipient) && same(filter.reference, message.reference);
}

const ALONE: readonly Partial<MessageFilter>[] = [
  {},
  { channel: "sms" },
  { statuses: ["created", "sending", "pending"] },
  { statuses: ["temporary-failure", "permanent-failure", "technical-failure"] },
  { statuses: ["delivered"] },
  { reason: "wrong-recipient" },
  { reason: "other" },
  { reason: "rules" },
  ...TEMPLATES.map((templateId) => ({ templateId })),
  { jobId: JOB },
  ...KEYS.map((keyId) => ({ keyId })),
  { authorId: AUTHOR },
  { recipient: "447700900112" },
  { reference: "case 1" },
  { since: START + 20_000 },
  { until: START + 40_000 },
  { templateId: crypto.randomUUID() as TemplateId },
];

/** Each condition with each other one. */
export const MESSAGE_FILTERS: readonly MessageFilter[] = ALONE.flatMap((one) =>
  ALONE.map((other): MessageFilter => ({ statuses: [], ...other, ...one }))
);

async function idsOf(
  pages: MessagePages,
  serviceId: ServiceId,
  filter: MessageFilter,
  position: PagePosition<NotificationId>,
  limit: number,
): Promise<readonly NotificationId[]> {
  const { messages } = await pages.read(serviceId, filter, position, limit);
  return messages.map(({ notification }) => notification.id);
}

/** The contract of the store of lists. */
export function messagePagesContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`messages ${name} (${backend.name})`, run);

  test("read: has each message that fits every filter, newest first, in pages both ways", async () => {
    await using bench = await openBench(backend);
    const serviceId = await storeMessages(bench);
    const pages = messagePagesOf(bench);
    const all = await bench.notifications.list(serviceId, { ...EVERYTHING, limit: 100 });
    assert.equal(all.length, 60);
    const asked = MESSAGE_FILTERS.filter((_, at) => !backend.remote || at % 11 === 0);
    for (const filter of asked) {
      const expected = all.filter((message) => fits(message, filter)).map(({ id }) => id);
      const how = JSON.stringify(filter);
      assert.deepEqual(await idsOf(pages, serviceId, filter, {}, 100), expected, how);
      const middle = expected[Math.floor(expected.length / 2)];
      if (middle === undefined) continue;
      const at = expected.indexOf(middle);
      const older = await idsOf(pages, serviceId, filter, { olderThan: middle }, 3);
      assert.deepEqual(older, expected.slice(at + 1, at + 4), how);
      const newer = await idsOf(pages, serviceId, filter, { newerThan: middle }, 3);
      assert.deepEqual(newer, expected.slice(Math.max(0, at - 3), at), how);
    }
  });

  test("read: names what the messages were sent with, and why they failed; of no other service", async () => {
    await using bench = await openBench(backend);
    const serviceId = await storeMessages(bench);
    const other = await newSender(bench);
    const pages = messagePagesOf(bench);
    const filter: MessageFilter = { statuses: [], reason: "no-report" };
    const page = await pages.read(serviceId, filter, {}, 1);
    assert.deepEqual(page.messages.map(({ failure }) => failure), ["no-receipt"]);
    assert.deepEqual(page.names.keys.map(({ name }) => name), ["Key"]);
    assert.deepEqual(page.names.templates.map(({ name, channel }) => [name, channel]), [
      ["Overdue", "sms"],
    ]);
    assert.deepEqual(page.names.people, []);
    for (const one of ALONE) {
      const theirs = { statuses: [], ...one };
      assert.deepEqual(await idsOf(pages, other.serviceId, theirs, {}, 9), []);
    }
  });

  if (backend.remote) return;

  test(`read: reads ${MAX_MESSAGES_READ} messages where no index has all conditions, and goes on from there`, async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const { serviceId } = sender;
    const first = await accepted(bench, sender);
    // Copies of the first with another status, all of them newer.
    const columns = `channel, key_kind, template_id, template_version, sender, international,
      urgent, status_at, created_at, recipient_hash, data_key_id, events, sealed, service_id,
      api_key_id`;
    await bench.db.write([{
      sql: `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ?1)
        INSERT INTO notifications (id, status, ${columns})
        SELECT unhex(printf('0fffffffffff70008%015x', i)), 'sent', ${columns}
        FROM c CROSS JOIN notifications WHERE id = ?2`,
      args: [MAX_MESSAGES_READ, idBytes(first.notificationId)],
    }]);
    const pages = messagePagesOf(bench);
    const filter: MessageFilter = { statuses: ["created", "delivered"] };
    const none = await pages.read(serviceId, filter, {}, 9);
    assert.deepEqual(none.messages, []);
    assert.match(none.readTo ?? "", /^0fffffff-ffff-7000-8.*0001$/);
    const rest = await pages.read(serviceId, filter, { olderThan: none.readTo }, 9);
    const found = rest.messages.map(({ notification }) => notification.id);
    assert.deepEqual(found, [first.notificationId]);
    assert.equal(rest.readTo, undefined);
  });
}
