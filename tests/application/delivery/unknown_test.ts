/** Attempts of unknown outcome: the provider is asked before a message is sent again. In moved time. */
import assert from "node:assert/strict";
import { SEARCH_GRACE_MS as POSTMARK_GRACE_MS } from "../../../adapters/providers/postmark/search.ts";
import { SEARCH_GRACE_MS } from "../../../adapters/providers/twilio/search.ts";
import { MAX_SEARCHES } from "../../../application/delivery/search_messages.ts";
import { MAX_UNKNOWN_ATTEMPTS } from "../../../domain/delivery/retry.ts";
import type { SearchResult } from "../../../domain/ports/provider.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../domain/time/durations.ts";
import { dropAnswer, reset, status, takenStatus } from "../../support/stand_ins/scripted_server.ts";
import { START } from "../../contracts/isolate.ts";
import { assertSentOnce, openProviders, type ProviderBench } from "./unknown_support.ts";

const TO = "447700900123";

async function sendText(bench: ProviderBench, plan: Parameters<ProviderBench["text"]>[0] = {}) {
  const ref = await bench.text({ ...plan, personal: { to: TO, recipient: TO, ...plan.personal } });
  await bench.drain();
  return ref;
}

const isMarked = async (bench: ProviderBench, ref: Parameters<ProviderBench["story"]>[0]) =>
  (await bench.story(ref)).some((event) => event.includes("possible_duplicate"));

Deno.test("dispatcher: adopts a text that Twilio has, with its id and its status, and asks no earlier than the grace", async () => {
  await using bench = await openProviders();
  bench.twilio.next(takenStatus(500, { code: 20500 }));
  const ref = await sendText(bench);
  const [text] = bench.twilio.accepted;
  bench.twilio.settle(text?.sid ?? "", "delivered");
  await bench.pass(SEARCH_GRACE_MS - 1, SEARCH_GRACE_MS);
  assert.equal(bench.twilio.lookUps.length, 0);
  await bench.pass(10 * SECOND_MS, SECOND_MS);
  assert.equal(await bench.statusOf(ref), "delivered");
  assert.equal((await bench.notifications.get(ref))?.provider, "twilio");
  assertSentOnce(bench, [ref]);
  assert.deepEqual(await bench.story(ref), [
    "attempt-started 1",
    "attempt-ended 1 unknown 20500",
    "attempt-ended 1 accepted found",
    "status-changed sending",
    "status-changed delivered",
  ]);
});

Deno.test("dispatcher: sends a text again without a mark when Twilio does not have it, and marks it when a receipt of the first attempt comes after all", async () => {
  await using bench = await openProviders({ searchDelayMs: HOUR_MS });
  bench.twilio.next(dropAnswer());
  const ref = await sendText(bench);
  await bench.pass(MINUTE_MS, 10 * SECOND_MS);
  assert.equal(bench.twilio.accepted.length, 2);
  assert.equal(await bench.statusOf(ref), "sending");
  assert.equal(await isMarked(bench, ref), false);
  const receiptOf = (index: number, kind: "sending" | "delivered") => ({
    provider: "twilio",
    providerMessageId: bench.twilio.accepted[index]?.sid ?? "",
    ref,
    kind,
    code: undefined,
    at: undefined,
    dedupeKey: `${index}:${kind}`,
  });
  await bench.receipts.receive([receiptOf(1, "sending")], bench.time.now);
  assert.equal(await isMarked(bench, ref), false);
  await bench.receipts.receive([receiptOf(0, "sending")], bench.time.now);
  await bench.receipts.receive(
    [receiptOf(0, "sending"), receiptOf(0, "delivered")],
    bench.time.now,
  );
  const story = await bench.story(ref);
  assert.equal(story.filter((event) => event.includes("possible_duplicate")).length, 1);
  assert.ok(story.includes("attempt-ended accepted late-receipt possible_duplicate"));
  assert.equal(await bench.statusOf(ref), "delivered");
});

Deno.test("dispatcher: a text that is too late for another attempt, and that Twilio reports as sent after all, ends by its receipt or a time-out", async () => {
  for (const end of ["delivered", "temporary-failure"] as const) {
    await using bench = await openProviders();
    // "Not processed", but it was.
    bench.twilio.next(takenStatus(503, { code: 20503 }));
    const ref = await sendText(bench, { delivery: { validUntil: START + MINUTE_MS } });
    const report = (kind: "sending" | "delivered") => ({
      provider: "twilio",
      providerMessageId: bench.twilio.accepted[0]?.sid ?? "",
      ref,
      kind,
      code: undefined,
      at: undefined,
      dedupeKey: kind,
    });
    await bench.receipts.receive([report("sending")], bench.time.now);
    bench.time.now += MINUTE_MS;
    await bench.drain();
    assert.equal(await bench.statusOf(ref), "sending");
    if (end === "delivered") {
      await bench.receipts.receive([report("delivered")], bench.time.now);
    } else await bench.pass(4 * DAY_MS, HOUR_MS);
    assert.equal(await bench.statusOf(ref), end);
    assertSentOnce(bench, [ref]);
  }
});

Deno.test("dispatcher: waits for the grace of Postmark's search before an e-mail is sent again", async () => {
  await using bench = await openProviders({ searchDelayMs: POSTMARK_GRACE_MS - SECOND_MS });
  bench.postmark.next(dropAnswer());
  const found = await bench.email("ann@example.test");
  await bench.drain();
  bench.postmark.next(reset());
  const lost = await bench.email("ben@example.test");
  await bench.drain();
  await bench.pass(POSTMARK_GRACE_MS + MINUTE_MS, 20 * SECOND_MS);
  assert.deepEqual(
    bench.postmark.accepted.map(({ Metadata }) => Metadata?.["notification_id"]),
    [found.notificationId, lost.notificationId],
  );
  assert.deepEqual([await bench.statusOf(found), await bench.statusOf(lost)], [
    "sending",
    "sending",
  ]);
  assert.equal(await isMarked(bench, lost), false);
});

Deno.test("dispatcher: of equal texts to one number adopts each message once, and sends those again that are missing", async () => {
  for (const taken of [0, 1, 5, 9, 10]) {
    await using bench = await openProviders();
    for (let index = 0; index < 10; index++) {
      bench.twilio.next(index < taken ? dropAnswer() : reset());
    }
    const refs = await Promise.all(
      Array.from({ length: 10 }, () => bench.text({ personal: { to: TO, recipient: TO } })),
    );
    await bench.drain();
    assert.equal(bench.twilio.accepted.length, taken);
    await bench.pass(2 * MINUTE_MS, 10 * SECOND_MS);
    assert.equal(bench.twilio.accepted.length, 10);
    const ids = await bench.db.read(["SELECT DISTINCT provider_message_id FROM notifications"]);
    assert.equal(ids[0]?.rows.length, 10);
    for (const ref of refs) assert.equal(await bench.statusOf(ref), "sending");
  }
});

for (const isFirst of [true, false]) {
  const when = isFirst ? "is not adopted by another after its receipt" : "counts for its adopter";
  Deno.test(`dispatcher: a message of equal texts ${when}`, async () => {
    await using bench = await openProviders();
    bench.twilio.next(dropAnswer());
    bench.twilio.next(reset());
    const refs = [await sendText(bench), await sendText(bench)];
    const [text] = bench.twilio.accepted;
    const sender = refs.find(({ notificationId }) =>
      text?.statusCallback?.includes(notificationId)
    );
    const other = refs.find((ref) => ref !== sender);
    assert.ok(text && sender && other);
    const receive = () =>
      bench.receipts.receive([{
        provider: "twilio",
        providerMessageId: text.sid,
        ref: sender,
        kind: "delivered",
        code: undefined,
        at: undefined,
        dedupeKey: "d",
      }], bench.time.now);
    if (isFirst) await receive();
    await bench.pass(MINUTE_MS, 10 * SECOND_MS);
    assert.equal(bench.twilio.accepted.length, 2);
    const [row] = await bench.db.read([{
      sql: "SELECT lower(hex(id)) AS id FROM notifications WHERE provider_message_id = ?",
      args: [JSON.stringify(text.sid)],
    }, {
      sql: "SELECT lower(hex(id)) AS id FROM notifications WHERE provider_message_id = ?",
      args: [text.sid],
    }]).then((results) => results.flatMap(({ rows }) => rows));
    const holder = refs.find(({ notificationId }) =>
      notificationId.replaceAll("-", "") === row?.["id"]
    );
    assert.ok(holder);
    if (!isFirst) await receive();
    assert.equal(await bench.statusOf(holder), "delivered");
    if (isFirst) assert.equal(holder, sender);
    for (const ref of refs.filter((ref) => ref !== holder)) {
      assert.equal(await bench.statusOf(ref), "sending");
    }
  });
}

Deno.test("dispatcher: does not take another message for the lost one", async () => {
  await using bench = await openProviders();
  const since = new Date(START).toUTCString();
  const equal = {
    to: `+${TO}`,
    from: "Hark",
    body: "Library: Hello Ada",
    date_created: since,
    direction: "outbound-api",
  };
  bench.twilio.addMessage({ ...equal, date_created: new Date(START - MINUTE_MS).toUTCString() });
  bench.twilio.addMessage({ ...equal, body: "Library: Hello Bob" });
  bench.twilio.addMessage({ ...equal, from: "Other" });
  bench.twilio.addMessage({ ...equal, direction: "outbound-reply" });
  bench.twilio.addMessage({ ...equal, to: "+447700900999" });
  bench.twilio.next(reset());
  const ref = await sendText(bench);
  await bench.pass(MINUTE_MS, 10 * SECOND_MS);
  assert.equal(bench.twilio.accepted.length, 1);
  assert.equal(bench.twilio.accepted[0]?.body, equal.body);
  assertSentOnce(bench, [ref]);
});

Deno.test("dispatcher: finds a text that Twilio sent the day before", async () => {
  await using bench = await openProviders();
  bench.time.now = Math.ceil(START / DAY_MS) * DAY_MS - 20 * SECOND_MS;
  bench.twilio.next(takenStatus(502));
  const ref = await sendText(bench);
  bench.twilio.settle(bench.twilio.accepted[0]?.sid ?? "", "sent");
  await bench.pass(MINUTE_MS, 10 * SECOND_MS);
  assertSentOnce(bench, [ref]);
  const days = bench.twilio.lookUps.map(({ query }) => query.get("DateSent"));
  assert.deepEqual(days, [null, "2026-03-01", "2026-03-02"]);
});

Deno.test("dispatcher: spaces its questions while the provider cannot answer, and stops at 429", async () => {
  await using bench = await openProviders();
  bench.twilio.always(reset());
  await Promise.all(
    Array.from(
      { length: 20 },
      (_, index) => bench.text({ personal: { to: `${TO}${index}`, recipient: `${TO}${index}` } }),
    ),
  );
  await bench.drain();
  bench.twilio.always(status(429, { code: 20429 }, { "Retry-After": "600" }));
  await bench.pass(9 * MINUTE_MS, 10 * SECOND_MS);
  // Only the first questions, which were under way together: the others wait for the Retry-After.
  assert.ok(bench.twilio.lookUps.length <= MAX_SEARCHES, String(bench.twilio.lookUps.length));
  assert.ok(bench.twilio.lookUps.length >= 1);
  bench.twilio.always(undefined);
  await bench.pass(40 * MINUTE_MS, MINUTE_MS);
  assert.equal(bench.twilio.accepted.length, 20);
});

Deno.test("dispatcher: spreads the tries over hours and marks them when the provider cannot be asked", async () => {
  const unsupported: SearchResult = { kind: "unsupported", code: "http-404" };
  for (
    const search of [undefined, {
      graceMs: SEARCH_GRACE_MS,
      find: () => Promise.resolve(unsupported),
    }]
  ) {
    await using bench = await openProviders({
      wrap: ({ search: _, ...twilio }) => ({
        ...twilio,
        ...(search === undefined ? {} : { search }),
      }),
    });
    bench.twilio.always(takenStatus(500, { code: 20500 }));
    const ref = await sendText(bench);
    await bench.pass(10 * MINUTE_MS, MINUTE_MS);
    assert.equal(bench.twilio.accepted.length, 2);
    assert.equal(await isMarked(bench, ref), true);
    await bench.pass(HOUR_MS, 10 * MINUTE_MS);
    assert.equal(bench.twilio.accepted.length, 2);
    await bench.pass(73 * HOUR_MS, 15 * MINUTE_MS);
    assert.equal(bench.twilio.accepted.length, MAX_UNKNOWN_ATTEMPTS.sms);
    assert.equal(await bench.statusOf(ref), "sending");
  }
});

Deno.test("dispatcher: sends a text in the last hour when a provider that cannot be asked was down for 71 hours", async () => {
  await using bench = await openProviders({ wrap: ({ search: _, ...twilio }) => twilio });
  bench.twilio.always(status(500));
  const ref = await sendText(bench);
  await bench.pass(71 * HOUR_MS, 30 * MINUTE_MS);
  assert.equal(await bench.statusOf(ref), "created");
  bench.twilio.always(undefined);
  await bench.pass(HOUR_MS, 5 * MINUTE_MS);
  assertSentOnce(bench, [ref]);
  assert.equal(await bench.statusOf(ref), "sending");
});

Deno.test("dispatcher: asks about an attempt whose process ended, before the message is sent again", async () => {
  for (const isTaken of [true, false]) {
    await using bench = await openProviders();
    const ref = await bench.text({ personal: { to: TO, recipient: TO } });
    const [row] = await bench.outbox.claim(START, [{ channel: "sms", most: 1 }], 30_000);
    assert.ok(row);
    const start = { provider: "twilio", possibleDuplicate: false };
    await bench.outbox.start(row.lease, start, START, START + 30_000);
    if (isTaken) {
      bench.twilio.addMessage({
        to: `+${TO}`,
        from: "Hark",
        body: "Library: Hello Ada",
        date_created: new Date(START).toUTCString(),
      });
    }
    await bench.pass(MINUTE_MS, 10 * SECOND_MS);
    assert.equal(await bench.statusOf(ref), "sending");
    assert.equal(bench.twilio.accepted.length, isTaken ? 0 : 1);
    assert.equal(await isMarked(bench, ref), false);
  }
});

Deno.test("dispatcher: never sends a text after its valid_until, and adopts one that was sent before", async () => {
  await using bench = await openProviders();
  const delivery = { validUntil: START + 20 * SECOND_MS };
  bench.twilio.next(reset());
  const lost = await sendText(bench, { delivery });
  bench.twilio.next(dropAnswer());
  const taken = await sendText(bench, {
    delivery,
    personal: { to: "447700900124", recipient: "447700900124" },
  });
  bench.twilio.next(status(503, { code: 20503 }));
  const refused = await sendText(bench, { delivery });
  bench.twilio.always(status(503, { code: 20503 }));
  await bench.pass(20 * SECOND_MS, SECOND_MS);
  bench.twilio.always(undefined);
  assert.equal(await bench.statusOf(refused), "expired");
  await bench.pass(HOUR_MS, 10 * SECOND_MS);
  assert.equal(await bench.statusOf(lost), "expired");
  assert.equal(await bench.statusOf(taken), "sending");
  assert.equal(bench.twilio.accepted.length, 1);
});

Deno.test("dispatcher: asks Twilio after an hour what became of texts whose callbacks were lost", async () => {
  await using bench = await openProviders();
  const refs = [];
  for (let index = 0; index < 6; index++) refs.push(await sendText(bench));
  const sids = bench.twilio.accepted.map(({ sid }) => sid);
  for (const sid of sids.slice(0, 3)) bench.twilio.settle(sid, "delivered");
  bench.twilio.settle(sids[3] ?? "", "undelivered", 30005);
  bench.twilio.settle(sids[4] ?? "", "sent");
  await bench.pass(59 * MINUTE_MS, 10 * MINUTE_MS);
  assert.equal(bench.twilio.lookUps.length, 0);
  await bench.pass(2 * MINUTE_MS, MINUTE_MS);
  const statuses = await Promise.all(refs.map(bench.statusOf));
  assert.deepEqual(statuses, [
    ...["delivered", "delivered", "delivered", "permanent-failure", "sending", "sending"],
  ]);
  bench.twilio.settle(sids[4] ?? "", "delivered");
  await bench.pass(HOUR_MS, 10 * MINUTE_MS);
  assert.equal(await bench.statusOf(refs[4] ?? assert.fail()), "delivered");
});

Deno.test("dispatcher: asks Postmark after an hour what became of e-mails whose reports were lost", async () => {
  await using bench = await openProviders();
  const refs = [];
  for (let index = 0; index < 3; index++) {
    refs.push(await bench.email(`ann${index}@example.test`));
    await bench.drain();
  }
  const ids = bench.postmark.accepted.map(({ MessageID }) => MessageID);
  bench.postmark.settle(ids[0] ?? "", "Delivered");
  bench.postmark.settle(ids[1] ?? "", { bounce: "HardBounce" });
  await bench.pass(61 * MINUTE_MS, 10 * MINUTE_MS);
  assert.deepEqual(
    await Promise.all(refs.map(bench.statusOf)),
    ["delivered", "permanent-failure", "sending"],
  );
});
