import assert from "node:assert/strict";
import { idBytes } from "../../../adapters/libsql/connection/row.ts";
import { pollDelayMs, RECEIPT_WAIT_MS, RETRY_DELAYS_MS } from "../../../domain/delivery/retry.ts";
import type { Receipt } from "../../../domain/delivery/receipt.ts";
import type { Provider, SendOutcome } from "../../../domain/ports/provider.ts";
import type { NotificationId } from "../../../domain/ids.ts";
import { accepted, capacityFor, newAccept, newSender, START } from "../../contracts/isolate.ts";
import { acceptedOutcome, openDispatch, scriptedProvider } from "./support.ts";

const HOUR = 3_600_000;
/** START is noon UTC, which is two in Kyiv. */
const QUIET = { time_zone: "Europe/Kyiv", quiet_hours: { start: "13:30", end: "16:00" } };
const UNTIL = START + 2 * HOUR;
const TIMED_OUT: SendOutcome = { kind: "retry", outcome: "unknown", code: "timeout" };

Deno.test("dispatchOnce: postpones a text until quiet hours end, with an event, and sends an urgent one", async () => {
  const sms = scriptedProvider("sms", acceptedOutcome);
  await using bench = await openDispatch({ providers: { sms }, settings: QUIET });
  const held = await bench.text();
  const urgent = await bench.text({ delivery: { urgent: true } });
  await bench.drain();
  assert.equal(await bench.statusOf(urgent), "sending");
  assert.equal(await bench.statusOf(held), "created");
  assert.deepEqual(await bench.story(held), ["held quiet-hours 2026-03-01T14:00:00.000Z"]);
  bench.time.now = UNTIL - 1;
  await bench.drain();
  assert.equal(sms.calls.length, 1);
  bench.time.now = UNTIL;
  await bench.drain();
  assert.equal(sms.calls.length, 2);
  assert.equal((await bench.story(held)).at(1), "attempt-started 1");
});

Deno.test("dispatchOnce: marks a possible duplicate after quiet hours when the earlier outcome was unknown", async () => {
  let outcome: SendOutcome = TIMED_OUT;
  const sms = scriptedProvider("sms", (): SendOutcome => outcome);
  await using bench = await openDispatch({ providers: { sms }, settings: QUIET });
  bench.time.now = START - HOUR / 2 - RETRY_DELAYS_MS[0];
  const ref = await bench.text();
  await bench.drain();
  outcome = acceptedOutcome();
  bench.time.now = START;
  await bench.drain();
  bench.time.now = UNTIL;
  await bench.drain();
  assert.deepEqual(await bench.story(ref), [
    "attempt-started 1",
    "attempt-ended 1 unknown timeout",
    "held quiet-hours 2026-03-01T14:00:00.000Z",
    "attempt-started 2 possible_duplicate",
    "attempt-ended 2 accepted",
    "status-changed sending",
  ]);
});

Deno.test("dispatchOnce: expires a notification from the millisecond of its valid_until", async () => {
  const sms = scriptedProvider("sms", acceptedOutcome);
  await using bench = await openDispatch({ providers: { sms } });
  const inTime = await bench.text({ delivery: { validUntil: START + 1 } });
  const late = await bench.text({ delivery: { validUntil: START } });
  await bench.drain();
  assert.equal(await bench.statusOf(inTime), "sending");
  assert.equal(await bench.statusOf(late), "expired");
  assert.deepEqual(await bench.story(late), [
    "attempt-ended not-sent too-late",
    "status-changed expired",
  ]);
  assert.equal(sms.calls.length, 1);
});

Deno.test("dispatchOnce: expires a postponed notification when its valid_until passes in quiet hours", async () => {
  const sms = scriptedProvider("sms", acceptedOutcome);
  await using bench = await openDispatch({ providers: { sms }, settings: QUIET });
  const ref = await bench.text({ delivery: { validUntil: UNTIL - 1 } });
  await bench.drain();
  bench.time.now = UNTIL;
  await bench.drain();
  assert.equal(await bench.statusOf(ref), "expired");
  assert.equal(sms.calls.length, 0);
});

Deno.test("dispatchOnce: awaits a receipt instead of expiring when the provider may have the message", async () => {
  const sms = scriptedProvider("sms", () => TIMED_OUT);
  await using bench = await openDispatch({ providers: { sms } });
  const ref = await bench.text({ delivery: { validUntil: START + 1_000 } });
  await bench.drain();
  bench.time.now += 2 * RETRY_DELAYS_MS[0];
  await bench.drain();
  assert.equal(sms.calls.length, 1);
  assert.deepEqual((await bench.story(ref)).slice(1), [
    "attempt-ended 1 unknown timeout",
    "attempt-ended not-sent too-late",
    "status-changed sending",
  ]);
  bench.time.now += RECEIPT_WAIT_MS;
  await bench.drain();
  assert.equal(await bench.statusOf(ref), "temporary-failure");
});

Deno.test("dispatchOnce: cancels a follow-up when its recipient has acknowledged the inbox message", async () => {
  const sms = scriptedProvider("sms", acceptedOutcome);
  await using bench = await openDispatch({ providers: { sms } });
  const first = await bench.text();
  const follow = (plan = {}) =>
    bench.text({
      delivery: { followsInboxMessage: first.notificationId, scheduledFor: START + HOUR },
      dueAt: START + HOUR,
      ...plan,
    });
  const after = await follow();
  const unread = await bench.text({
    delivery: { followsInboxMessage: crypto.randomUUID() as NotificationId },
    dueAt: START + HOUR,
  });
  await bench.drain();
  assert.equal(sms.calls.length, 1);
  await bench.db.write([{
    sql: "UPDATE notifications SET acknowledged_at = ? WHERE id = ?",
    args: [START + 1, idBytes(first.notificationId)],
  }]);
  bench.time.now += HOUR;
  await bench.drain();
  assert.equal(sms.calls.length, 2);
  assert.equal(await bench.statusOf(unread), "sending");
  assert.equal(await bench.statusOf(after), "cancelled");
  assert.deepEqual(await bench.story(after), [
    "attempt-ended not-sent acknowledged",
    "status-changed cancelled",
  ]);
});

Deno.test("dispatchOnce: polls at growing intervals until a final receipt, or for 72 hours", async () => {
  const pollTimes: number[] = [];
  let pollResult: readonly Receipt[] = [];
  const sms: Provider = {
    ...scriptedProvider("sms", acceptedOutcome),
    poll(ids) {
      pollTimes.push(...ids.map(() => bench.time.now - START));
      return Promise.resolve(pollResult);
    },
  };
  await using bench = await openDispatch({ providers: { sms } });
  const ref = await bench.text();
  await bench.drain();
  const expected: number[] = [];
  for (let since = pollDelayMs(0); expected.length < 12; since += pollDelayMs(since)) {
    expected.push(since);
    bench.time.now = START + since - 1;
    await bench.drain();
    bench.time.now = START + since;
    await bench.drain();
  }
  assert.deepEqual(pollTimes, expected);
  const stored = await bench.db.read([
    "SELECT provider_message_id AS message_id FROM notifications",
  ]);
  pollResult = [{
    provider: "scripted",
    providerMessageId: String(stored[0]?.rows[0]?.message_id),
    ref: undefined,
    kind: "delivered",
    code: undefined,
    at: undefined,
    dedupeKey: "1",
  }];
  bench.time.now += HOUR;
  await bench.drain();
  assert.equal(await bench.statusOf(ref), "delivered");
  const silent = await bench.text();
  pollResult = [];
  await bench.drain();
  bench.time.now += RECEIPT_WAIT_MS;
  await bench.drain();
  assert.equal(await bench.statusOf(silent), "temporary-failure");
  assert.equal((await bench.story(silent)).at(-1), "status-changed no-receipt temporary-failure");
});

Deno.test("dispatchOnce: polls again later when a poll fails", async () => {
  let polls = 0;
  const sms: Provider = {
    ...scriptedProvider("sms", acceptedOutcome),
    poll() {
      polls++;
      return Promise.reject(new Error("down"));
    },
  };
  await using bench = await openDispatch({ providers: { sms } });
  const ref = await bench.text();
  for (let i = 0; i < 3; i++) {
    await bench.drain();
    bench.time.now += HOUR;
  }
  assert.equal(polls, 2);
  assert.equal(await bench.statusOf(ref), "sending");
});

Deno.test("dispatchOnce: 10,000 rows of a job delay no other service, and no single send of the same service", async () => {
  await using bench = await openDispatch();
  const plans = Array.from(
    { length: 10_000 },
    () => newAccept(bench, bench.sender, { inBatch: true, dueAt: START - HOUR }),
  );
  await bench.accepts.acceptMany(plans);
  const single = await bench.text();
  const other = await newSender(bench);
  const small = await accepted(bench, other, { inBatch: true });
  const otherSingle = await accepted(bench, other);
  const claim = async (most: number) =>
    (await bench.outbox.claim(START, capacityFor(most), 30_000)).map(({ notification: { id } }) =>
      id
    );
  const singles = [single, otherSingle].map(({ notificationId }) => notificationId);
  assert.deepEqual((await claim(2)).toSorted(), singles.toSorted());
  const next = await claim(2);
  assert.ok(next.includes(small.notificationId));
  assert.equal((await claim(500)).length, 500);
});
