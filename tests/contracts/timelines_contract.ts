/** What is kept of messages after their retention. */
import assert from "node:assert/strict";
import { createRetention } from "../../adapters/libsql/notifications/retention.ts";
import {
  MAX_BATCH_MESSAGES,
  MAX_BATCH_SPAN_MS,
  MAX_STEP_TEXT,
} from "../../adapters/libsql/notifications/timeline_batches.ts";
import { idBytes } from "../../adapters/libsql/connection/row.ts";
import type { NotificationRef } from "../../domain/ids.ts";
import { TIMELINES_KEPT_MS } from "../../domain/notification/deleted_message.ts";
import type { Backend } from "./backends.ts";
import {
  accepted,
  type Bench,
  countRows,
  DAY_MS,
  dump,
  newSender,
  openBench,
  receipt,
  type Sender,
  START,
} from "./isolate.ts";
import { messagePagesOf } from "./message_pages_contract.ts";
import { delivered } from "./sent_messages.ts";

/** Accepts messages that need no more work. */
async function acceptedOnly(bench: Bench, sender: Sender, many: number) {
  const refs = await Promise.all(Array.from({ length: many }, () => accepted(bench, sender)));
  await bench.db.write(["DELETE FROM outbox"]);
  return refs.toSorted((a, b) => a.notificationId < b.notificationId ? -1 : 1);
}

async function purgeAll({ retention }: Pick<Bench, "retention">, now: number): Promise<void> {
  while (await retention.purge(now, 100) > 0);
}

/** Writes a timeline with an event of a code. */
async function writeEvents(bench: Bench, ref: NotificationRef, events: string): Promise<void> {
  await bench.db.write([{
    sql: "UPDATE notifications SET events = ? WHERE service_id = ? AND id = ?",
    args: [events, idBytes(ref.serviceId), idBytes(ref.notificationId)],
  }]);
}

/** What is unpacked of all batches. */
async function unpackAll({ db }: Pick<Bench, "db">): Promise<string> {
  const [batches] = await db.read(["SELECT messages FROM timelines"]);
  const texts = await Promise.all((batches?.rows ?? []).map(async ({ messages }) => {
    assert.ok(messages instanceof ArrayBuffer);
    const stream = new Blob([messages]).stream();
    return await new Response(stream.pipeThrough(new DecompressionStream("deflate-raw"))).text();
  }));
  return texts.join("\n");
}

/** The contract of what {@link Retention} keeps, and of `MessagePages.readDeleted`. */
export function timelinesContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`timelines after retention: ${name} (${backend.name})`, run);

  test("a message has its timeline until a year after its content was deleted", async () => {
    await using bench = await openBench(backend);
    const settings = { retention_days: { sms: 3, email: 5, inbox: 9, diia: 9 } };
    const [sender, other] = [await newSender(bench, { settings }), await newSender(bench)];
    const pages = messagePagesOf(bench);
    const personal = { to: "07700 900123", personalisation: { name: "Oksana Secret" } };
    const ref = await delivered(bench, sender, "m", { reference: "case 77", personal });
    const letter = await delivered(bench, sender, "letter", { channel: "email" });
    const foreign = await delivered(bench, other, "foreign", { personal });
    const events = await bench.notifications.timeline(ref);
    assert.equal(await pages.readDeleted(ref), undefined);

    const deletedAt = START + 8 * DAY_MS;
    await purgeAll(bench, deletedAt);
    for (const gone of [ref, letter, foreign]) {
      assert.equal(await bench.notifications.get(gone), undefined);
      assert.equal(await bench.notifications.timeline(gone), undefined);
      assert.equal(await pages.readOne(gone), undefined);
    }
    const kept = await pages.readDeleted(ref);
    assert.deepEqual(kept?.message, {
      id: ref.notificationId,
      channel: "sms",
      templateId: sender.templateId,
      templateVersion: 1,
      status: "delivered",
      createdAt: START,
      scheduledFor: null,
      sentAt: START,
      completedAt: START,
      provider: "post",
      failure: undefined,
      jobId: undefined,
      keptDays: 3,
      deletedAt,
      events,
    });
    assert.deepEqual(kept.names.templates.map(({ id }) => id), [sender.templateId]);
    const days = async (of: NotificationRef) => (await pages.readDeleted(of))?.message.keptDays;
    assert.deepEqual([await days(letter), await days(foreign)], [5, 7]);
    // Another service has no such message.
    const { serviceId } = other;
    const { notificationId } = ref;
    assert.equal(await pages.readDeleted({ serviceId, notificationId }), undefined);

    const rows = [...await dump(bench.db)].flatMap(([, of]) => of).join("\n");
    const unpacked = await unpackAll(bench);
    assert.match(unpacked, /attempt-ended/);
    for (const word of ["900123", "Oksana", "case 77", "example.org", "Hello Ada"]) {
      assert.ok(!unpacked.includes(word) && !rows.includes(word), word);
    }

    await purgeAll(bench, deletedAt + TIMELINES_KEPT_MS);
    assert.deepEqual(await pages.readDeleted(ref), kept);
    await purgeAll(bench, deletedAt + TIMELINES_KEPT_MS + 1);
    assert.equal(await pages.readDeleted(ref), undefined);
    assert.equal(await countRows(bench.db, "timelines"), 0);
  });

  test("a failure keeps its reason, and no code that could be a recipient", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const pages = messagePagesOf(bench);
    const refs = await acceptedOnly(bench, sender, 2);
    const [plain, doubtful] = refs;
    assert.ok(plain !== undefined && doubtful !== undefined);
    const withCode = async (ref: NotificationRef, code: string) => {
      const facts = { outcome: "rejected", provider: "smtp", attempt: 1, code };
      await writeEvents(bench, ref, JSON.stringify([[START + 1, "attempt-ended", facts, "mark"]]));
      await bench.db.write([{
        sql: "UPDATE notifications SET counted_as = ? WHERE id = ?",
        args: [`failed smtp:${code}`, idBytes(ref.notificationId)],
      }]);
    };
    await withCode(plain, "550-5.1.1");
    await withCode(doubtful, "447700900123");
    await purgeAll(bench, START + 8 * DAY_MS);
    const keptOf = async (ref: NotificationRef) => {
      const { message } = await pages.readDeleted(ref) ?? {};
      return [message?.failure, message?.events.at(-1)?.facts];
    };
    const facts = { outcome: "rejected", provider: "smtp", attempt: 1 };
    assert.deepEqual(await keptOf(plain), ["smtp:550-5.1.1", { ...facts, code: "550-5.1.1" }]);
    assert.deepEqual(await keptOf(doubtful), ["smtp:other", facts]);
    assert.doesNotMatch(await unpackAll(bench), /900123|mark/);
  });

  test("a message that changes after it was read is deleted later, with the change", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await delivered(bench, sender, "m");
    const now = START + 8 * DAY_MS;
    let reads = 0;
    const read: typeof bench.db.background.read = async (statements) => {
      const results = await bench.db.background.read(statements);
      // Before what was read is deleted.
      if (reads++ === 0) {
        await bench.receipts.receive([receipt("m", "complaint")], now);
      }
      return results;
    };
    const background = { ...bench.db.background, read };
    const { purge } = createRetention({ ...bench.db, background });
    assert.equal(await purge(now, 9), 1);
    assert.ok(reads > 1);
    const kept = await messagePagesOf(bench).readDeleted(ref);
    assert.deepEqual(kept?.message.events.at(-1)?.kind, "complaint");
    assert.equal(await countRows(bench.db, "timelines"), 1);
  });

  test("a timeline is kept and its message deleted in one transaction", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const [ref] = await acceptedOnly(bench, sender, 1);
    assert.ok(ref !== undefined);
    const now = START + 8 * DAY_MS;
    const write: typeof bench.db.background.write = async (statements) =>
      await bench.db.background.write([...statements, "INSERT INTO no_table VALUES (1)"]);
    const background = { ...bench.db.background, write };
    await assert.rejects(createRetention({ ...bench.db, background }).purge(now, 9));
    assert.ok(await bench.notifications.get(ref) !== undefined);
    assert.equal(await countRows(bench.db, "timelines"), 0);
    await purgeAll(bench, now);
    assert.ok(await messagePagesOf(bench).readDeleted(ref) !== undefined);
  });

  test("each message has one timeline when several processes delete at once", async () => {
    await using bench = await openBench(backend);
    const senders = [await newSender(bench), await newSender(bench), await newSender(bench)];
    const refs = (await Promise.all(senders.map((sender) => acceptedOnly(bench, sender, 15))))
      .flat();
    const others = [await bench.another(), await bench.another(), bench];
    const now = START + 8 * DAY_MS;
    // Of different steps, so that their batches overlap.
    await Promise.all(others.map(async ({ retention }, at) => {
      while (await retention.purge(now, 4 + 3 * at) > 0);
    }));
    const pages = messagePagesOf(bench);
    for (const ref of refs) {
      assert.equal((await pages.readDeleted(ref))?.message.id, ref.notificationId);
    }
    const [counted] = await bench.db.read(["SELECT sum(length(ids)) AS bytes FROM timelines"]);
    assert.equal(Number(counted?.rows[0]?.bytes), refs.length * 16);
  });

  test("a batch has messages of an hour, and those of later batches are found among them", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const refs: NotificationRef[] = [];
    // The second and the last one are deleted later than those between them.
    for (const after of [0, 1, 2, MAX_BATCH_SPAN_MS, MAX_BATCH_SPAN_MS + 1]) {
      bench.time.now = START + after;
      refs.push(await accepted(bench, sender));
    }
    await bench.db.write(["DELETE FROM outbox"]);
    const late = [refs[1], refs[3]].map((ref) => idBytes(ref?.notificationId ?? ""));
    await bench.db.write(late.map((id) => ({
      sql: "UPDATE notifications SET completed_at = ? WHERE id = ?",
      args: [START + DAY_MS, id],
    })));
    await purgeAll(bench, START + 7 * DAY_MS + 2 * MAX_BATCH_SPAN_MS);
    await purgeAll(bench, START + 9 * DAY_MS);
    const [batches] = await bench.db.read([
      "SELECT length(ids) / 16 AS messages FROM timelines ORDER BY first_id",
    ]);
    assert.deepEqual(batches?.rows.map(({ messages }) => messages), [2, 2, 1]);
    const pages = messagePagesOf(bench);
    for (const ref of refs) {
      assert.equal((await pages.readDeleted(ref))?.message.id, ref.notificationId);
    }
  });

  test("a batch has at most MAX_BATCH_MESSAGES, and a step MAX_STEP_TEXT", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await acceptedOnly(bench, sender, MAX_BATCH_MESSAGES + 1);
    const now = START + 8 * DAY_MS;
    const background = { ...bench.db.background, isBusy: () => false };
    const { purge } = createRetention({ ...bench.db, background });
    assert.equal(await purge(now, 1_000), MAX_BATCH_MESSAGES + 1);
    assert.equal(await countRows(bench.db, "timelines"), 2);

    const long = await acceptedOnly(bench, sender, 3);
    const facts = { outcome: "unknown", code: "timeout", provider: "x".repeat(MAX_STEP_TEXT / 2) };
    for (const ref of long) {
      await writeEvents(bench, ref, JSON.stringify([[START, "attempt-ended", facts]]));
    }
    const steps = [];
    for (let at = 0; at < 4; at++) steps.push(await purge(now, 9));
    assert.deepEqual(steps, [1, 1, 1, 0]);
    const pages = messagePagesOf(bench);
    for (const ref of long) {
      assert.equal((await pages.readDeleted(ref))?.message.events.length, 2);
    }
  });

  test("a damaged timeline does not keep a message from being deleted", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const [ref] = await acceptedOnly(bench, sender, 1);
    assert.ok(ref !== undefined);
    await writeEvents(bench, ref, '[[1,"unheard-of",{}]]');
    await purgeAll(bench, START + 8 * DAY_MS);
    const kept = await messagePagesOf(bench).readDeleted(ref);
    assert.deepEqual(kept?.message.events.map(({ kind }) => kind), ["accepted"]);
  });
}
