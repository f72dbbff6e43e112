import assert from "node:assert/strict";
import { finishWithoutAttempt } from "../../domain/delivery/attempt_result.ts";
import { MAX_EVENTS } from "../../adapters/libsql/notifications/timeline.ts";
import type { Backend } from "./backends.ts";
import {
  ACCEPTED,
  end,
  endUnknown,
  lastEvent,
  start,
  stateOf,
  statusOf,
  timeOut,
  unresolvedMessage,
} from "./correction_steps.ts";
import {
  accepted,
  claimOne,
  countRows,
  DAY_MS,
  EVERYTHING,
  newSender,
  openBench,
  receipt,
  START,
} from "./isolate.ts";

/** The contract of the stores about corrections of final statuses. */
export function correctionsContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`corrections ${name} (${backend.name})`, run);

  test("receive: replaces delivered of an e-mail by a bounce, with an event of its own", async () => {
    await using bench = await openBench(backend);
    const ref = await accepted(bench, await newSender(bench), { channel: "email" });
    await end(bench, await start(bench), ACCEPTED("m"));
    await bench.receipts.receive([receipt("m", "delivered")], START + 1);
    const bounce = receipt("m", "permanent-failure", { code: "HardBounce" });
    await bench.receipts.receive([bounce], START + 2);
    assert.deepEqual(await stateOf(bench, ref), ["permanent-failure", START + 2, START + 2, START]);
    const facts = { status: "permanent-failure", corrects: "delivered", provider: "post" };
    assert.deepEqual(await lastEvent(bench, ref), [
      "status-corrected",
      { ...facts, code: "HardBounce" },
    ]);
    const late = receipt("m", "delivered", { dedupeKey: "again" });
    await bench.receipts.receive([late, bounce], START + 3);
    assert.deepEqual(await stateOf(bench, ref), ["permanent-failure", START + 2, START + 2, START]);
    assert.equal((await lastEvent(bench, ref))[0], "receipt-ignored");
    assert.equal(await countRows(bench.db, "outbox"), 0);
  });

  test("receive: a correction is the next event in the log of the service, and a repeated receipt is none", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    await accepted(bench, sender, { channel: "email" });
    await end(bench, await start(bench), ACCEPTED("m"));
    const bounce = receipt("m", "permanent-failure");
    for (const said of [receipt("m", "delivered"), bounce, bounce]) {
      await bench.receipts.receive([said], START + 1);
    }
    const { events } = await bench.events.read(sender.serviceId, { after: 0, limit: 250 });
    assert.deepEqual(events.map(({ sequence, type }) => [sequence, type]), [
      [1, "delivered"],
      [2, "permanent-failure"],
    ]);
  });

  test("receive: replaces the time-out no-receipt by whatever the provider reports", async () => {
    for (const kind of ["delivered", "permanent-failure", "technical-failure"] as const) {
      await using bench = await openBench(backend);
      const ref = await accepted(bench, await newSender(bench));
      await end(bench, await start(bench), ACCEPTED("m"));
      await timeOut(bench);
      assert.deepEqual(await lastEvent(bench, ref), [
        "status-changed",
        { status: "temporary-failure", code: "no-receipt" },
      ]);
      const now = bench.time.now += 5;
      await bench.receipts.receive([receipt("m", kind)], now);
      assert.deepEqual(await stateOf(bench, ref), [kind, now, now, START]);
    }
  });

  test("receive: lists a corrected notification by its new status only", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const ref = await accepted(bench, sender, { channel: "email" });
    await end(bench, await start(bench), ACCEPTED("m"));
    await bench.receipts.receive([receipt("m", "delivered")], START + 1);
    await bench.receipts.receive([receipt("m", "permanent-failure")], START + 2);
    for (const status of ["delivered", "permanent-failure"] as const) {
      const found = await bench.notifications.list(sender.serviceId, {
        ...EVERYTHING,
        statuses: [status],
      });
      const expected = status === "delivered" ? [] : [ref.notificationId];
      assert.deepEqual(found.map(({ id }) => id), expected, status);
    }
  });

  test("receive: keeps the failure of an earlier attempt from ending a message that was sent again", async () => {
    for (const named of [false, true]) {
      await using bench = await openBench(backend);
      const ref = await unresolvedMessage(bench, await newSender(bench), 1);
      const failure = (dedupeKey: string) =>
        receipt("lost", "permanent-failure", {
          ref,
          dedupeKey,
          ...(named ? { attempt: 1 } : {}),
        });
      const second = await start(bench);
      await bench.receipts.receive([failure("in flight")], bench.time.now);
      assert.equal(await statusOf(bench, ref), "created");
      await end(bench, second, ACCEPTED("m"));
      await bench.receipts.receive([failure("later")], bench.time.now);
      assert.equal(await statusOf(bench, ref), "sending");
      assert.deepEqual(await lastEvent(bench, ref), [
        "receipt-ignored",
        { status: "permanent-failure", ...(named ? { attempt: 1 } : {}), provider: "post" },
      ]);
      await bench.receipts.receive([receipt("m", "delivered")], bench.time.now);
      assert.deepEqual(await lastEvent(bench, ref), [
        "status-changed",
        { status: "delivered", attempt: 2, provider: "post" },
      ]);
      await bench.receipts.receive([failure("last")], bench.time.now);
      assert.equal(await statusOf(bench, ref), "delivered");
    }
  });

  test("settle: ends as the failure of an earlier attempt when the newest has no receipt", async () => {
    await using bench = await openBench(backend);
    const ref = await unresolvedMessage(bench, await newSender(bench), 1);
    await end(bench, await start(bench), ACCEPTED("m"));
    await bench.receipts.receive([receipt("lost", "permanent-failure", { ref })], bench.time.now);
    await timeOut(bench);
    assert.equal(await statusOf(bench, ref), "permanent-failure");
  });

  test("receive: ends the retries when an earlier attempt was delivered", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    const waiting = await unresolvedMessage(bench, sender, 2);
    await bench.receipts.receive([receipt("m", "delivered", { ref: waiting })], bench.time.now);
    const now = bench.time.now;
    assert.deepEqual(
      await stateOf(bench, waiting),
      ["delivered", now, now, now],
      "its provider has it, as the report says",
    );
    assert.equal(await countRows(bench.db, "outbox"), 0);

    const inFlight = await unresolvedMessage(bench, sender, 1);
    const second = await start(bench);
    await bench.receipts.receive([receipt("n", "delivered", { ref: inFlight })], bench.time.now);
    await end(bench, second, ACCEPTED("o"));
    assert.equal(await statusOf(bench, inFlight), "delivered");
    assert.equal(await countRows(bench.db, "outbox"), 0);
    await bench.receipts.receive([receipt("o", "permanent-failure")], bench.time.now);
    assert.equal(await statusOf(bench, inFlight), "delivered", "a copy has arrived");
  });

  test("receive: corrects the failure of a message when another attempt was delivered", async () => {
    await using bench = await openBench(backend);
    const ref = await unresolvedMessage(bench, await newSender(bench), 1);
    await end(bench, await start(bench), ACCEPTED("m"));
    await bench.receipts.receive([receipt("m", "temporary-failure")], bench.time.now);
    assert.equal(await statusOf(bench, ref), "temporary-failure");
    await bench.receipts.receive(
      [receipt("lost", "delivered", { ref, attempt: 1 })],
      bench.time.now,
    );
    assert.deepEqual(await lastEvent(bench, ref), [
      "status-corrected",
      { status: "delivered", corrects: "temporary-failure", attempt: 1, provider: "post" },
    ]);
  });

  test("receive: corrects messages that Hark has given up, cancelled or let expire", async () => {
    for (const status of ["technical-failure", "cancelled", "expired"] as const) {
      await using bench = await openBench(backend);
      const ref = await unresolvedMessage(bench, await newSender(bench), 1);
      const { lease } = await claimOne(bench);
      await bench.outbox.settle(lease, undefined, finishWithoutAttempt(status, "x"), START);
      assert.equal(await statusOf(bench, ref), status);
      await bench.receipts.receive([receipt("m", "sending", { ref })], START);
      assert.equal(await statusOf(bench, ref), status, "it never becomes unfinished again");
      await bench.receipts.receive([receipt("m", "temporary-failure", { ref })], START);
      assert.equal(await statusOf(bench, ref), "temporary-failure");
      await bench.receipts.receive([receipt("m", "delivered", { ref })], START);
      assert.equal(await statusOf(bench, ref), "delivered");
    }
  });

  test("receive: keeps the attempt of a receipt that waits for its notification's id", async () => {
    await using bench = await openBench(backend);
    const ref = await unresolvedMessage(bench, await newSender(bench), 1);
    const second = await start(bench);
    // Without our reference the message is known by the provider's id only.
    await bench.receipts.receive([receipt("m", "permanent-failure", { attempt: 2 })], START);
    assert.equal(await countRows(bench.db, "receipts"), 1);
    await end(bench, second, ACCEPTED("m"));
    await bench.receipts.applyUnmatched("post", ["m"], bench.time.now);
    assert.deepEqual(await lastEvent(bench, ref), [
      "status-changed",
      { status: "permanent-failure", attempt: 2, provider: "post" },
    ]);
  });

  test("receive: ignores the number of an attempt that was never made", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    for (const attempt of [-1, 0, 2, 1_000_000, 1.5, Number.MAX_SAFE_INTEGER]) {
      const ref = await accepted(bench, sender);
      await endUnknown(bench, await start(bench));
      const failure = receipt(`m${attempt}`, "permanent-failure", { ref, attempt });
      await bench.receipts.receive([failure], START);
      assert.equal(await statusOf(bench, ref), "permanent-failure", `${attempt}`);
    }
    const [longest] = await bench.db.read(["SELECT max(length(outcomes)) AS n FROM notifications"]);
    assert.equal(longest?.rows[0]?.n, 2);
  });

  test("receive: corrects a status that an earlier version has written", async () => {
    await using bench = await openBench(backend);
    const sender = await newSender(bench);
    for (
      const [channel, before, kind, after] of [
        ["email", "delivered", "permanent-failure", "permanent-failure"],
        ["email", "permanent-failure", "delivered", "permanent-failure"],
        ["sms", "delivered", "permanent-failure", "delivered"],
        ["sms", "permanent-failure", "delivered", "delivered"],
        ["sms", "temporary-failure", "delivered", "delivered"],
        ["sms", "technical-failure", "permanent-failure", "permanent-failure"],
      ] as const
    ) {
      const messageId = `${channel} ${before} ${kind}`;
      const ref = await accepted(bench, sender, { channel });
      await end(bench, await start(bench), ACCEPTED(messageId));
      await bench.db.write([
        {
          sql: `UPDATE notifications SET status = ?, outcomes = NULL, accepted_attempt = NULL
            WHERE provider_message_id = ?`,
          args: [before, messageId],
        },
        "DELETE FROM outbox",
      ]);
      await bench.receipts.receive([receipt(messageId, kind)], START + 1);
      assert.equal(await statusOf(bench, ref), after, messageId);
    }
  });

  test("receive: brings nothing back whose retention has passed", async () => {
    await using bench = await openBench(backend);
    const ref = await accepted(bench, await newSender(bench));
    await end(bench, await start(bench), ACCEPTED("m"));
    await timeOut(bench);
    const now = bench.time.now += 400 * DAY_MS;
    while (await bench.retention.purge(now, 100) > 0);
    await bench.receipts.receive([receipt("m", "delivered", { ref })], now);
    assert.equal(await bench.notifications.get(ref), undefined);
    assert.equal(await countRows(bench.db, "receipts"), 1, "it waits as an unmatched one");
    while (await bench.retention.purge(now + 8 * DAY_MS, 100) > 0);
    assert.equal(await countRows(bench.db, "receipts"), 0);
  });

  test("receive: corrects a status when the timeline is full", async () => {
    await using bench = await openBench(backend);
    const ref = await accepted(bench, await newSender(bench), { channel: "email" });
    await end(bench, await start(bench), ACCEPTED("m"));
    await bench.receipts.receive([receipt("m", "delivered")], START);
    const complaints = Array.from(
      { length: MAX_EVENTS },
      (_, at) => receipt("m", "complaint", { dedupeKey: String(at) }),
    );
    await bench.receipts.receive(complaints, START);
    await bench.receipts.receive([receipt("m", "temporary-failure")], START);
    await bench.receipts.receive([receipt("m", "permanent-failure")], START);
    assert.equal(await statusOf(bench, ref), "permanent-failure");
    assert.equal((await lastEvent(bench, ref))[0], "status-corrected");
  });

  test("receive: concurrent reports of an attempt end in the strongest", async () => {
    await using bench = await openBench(backend);
    const other = await bench.another();
    const sender = await newSender(bench);
    for (let round = 0; round < 5; round++) {
      const ref = await accepted(bench, sender, { channel: "email" });
      const messageId = `m${round}`;
      await end(bench, await start(bench), ACCEPTED(messageId));
      await Promise.all([
        bench.receipts.receive([receipt(messageId, "delivered")], START),
        other.receipts.receive([receipt(messageId, "permanent-failure")], START),
        bench.receipts.receive([receipt(messageId, "temporary-failure")], START),
      ]);
      assert.equal(await statusOf(bench, ref), "permanent-failure");
    }
  });
}
