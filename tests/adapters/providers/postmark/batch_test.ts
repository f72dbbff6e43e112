import assert from "node:assert/strict";
import type { Message } from "postmark";
import { fromBatchResponse } from "../../../../adapters/providers/postmark/answers.ts";
import {
  MAX_BATCH,
  MAX_BATCH_BYTES,
  sendInBatches,
  toChunks,
} from "../../../../adapters/providers/postmark/batch.ts";
import type { OutgoingEmail } from "../../../../domain/delivery/outgoing_message.ts";
import type { SendOutcome } from "../../../../domain/ports/provider.ts";
import {
  type Behaviour,
  cutAnswer,
  dropAnswer,
  nonsense,
  reset,
  slow,
  status,
  takenStatus,
} from "../../../support/stand_ins/scripted_server.ts";
import {
  assertImpersonal,
  CALM,
  closedPort,
  email,
  fault,
  rejected,
  retry,
  sms,
} from "../messages.ts";
import { postmarkAt, withPostmark } from "./bench.ts";

const addressOf = (index: number) => `ann@${index}.example.test`;
const emails = (count: number, fields: Partial<OutgoingEmail> = {}) =>
  Array.from({ length: count }, (_, index) => email({ to: addressOf(index), ...fields }));
const codeOf = (outcome: SendOutcome) => outcome.kind === "accepted" ? "accepted" : outcome.code;

Deno.test("createPostmark.batch.send: sends a full batch in one call and returns an id for each message", async () => {
  await withPostmark(async (postmark) => {
    const { most, send } = postmarkAt(postmark.url).batch;
    assert.equal(most, MAX_BATCH);
    const outcomes = await send(emails(most), CALM);
    assert.deepEqual(postmark.calls.map(({ path }) => path), ["/email/batch"]);
    assert.deepEqual(
      outcomes,
      postmark.accepted.map(({ MessageID }) => ({
        kind: "accepted",
        providerMessageId: MessageID,
      })),
    );
    assert.deepEqual(postmark.accepted.map(({ To }) => To), emails(most).map(({ to }) => to));
  });
});

Deno.test("createPostmark.batch.send: classifies the outcome of each message like that of a single one", async () => {
  await withPostmark(async (postmark) => {
    const faults = [[1, 406], [2, 300], [3, 100], [4, 412], [5, 429], [6, 10]] as const;
    for (const [index, code] of faults) postmark.fault(addressOf(index), code);
    const messages = emails(9).with(7, email({ to: "no address" }));
    const outcomes = await postmarkAt(postmark.url).batch.send(messages, CALM);
    assert.deepEqual(outcomes.slice(1, 8), [
      rejected(true, "406"),
      rejected(true, "300"),
      retry("not-sent", "100"),
      fault("provider", "412"),
      retry("not-sent", "429"),
      fault("provider", "10"),
      rejected(true, "bad-recipient"),
    ]);
    assert.deepEqual([outcomes[0], outcomes[8]].map((outcome) => outcome?.kind), [
      "accepted",
      "accepted",
    ]);
    assert.equal(postmark.accepted.length, 2);
    const [call] = postmark.calls;
    assert.equal(JSON.parse(call?.body ?? "[]").length, 8, "what can be no message is not asked");
    assertImpersonal(outcomes);
  });
});

Deno.test("createPostmark.batch.send: returns the outcome of a failed call for each of its messages", async () => {
  const cases: readonly (readonly [Behaviour, SendOutcome, number])[] = [
    [status(401, { ErrorCode: 10, Message: "no" }), fault("provider", "10"), 0],
    [
      status(429, "", { "Retry-After": "3" }),
      { kind: "retry", outcome: "not-sent", code: "http-429", afterMs: 3000 },
      0,
    ],
    [status(422, { ErrorCode: 405, Message: "no credits" }), fault("provider", "405"), 0],
    [status(422, { ErrorCode: 413, Message: "may not" }), fault("provider", "413"), 0],
    [status(503, { ErrorCode: 100, Message: "Outage" }), retry("not-sent", "100"), 0],
    [status(500, { ErrorCode: 0 }), retry("unknown", "http-500"), 0],
    [takenStatus(500), retry("unknown", "http-500"), 3],
    [takenStatus(503, "<html>"), retry("unknown", "http-503"), 3],
    [status(307, "", { Location: "/elsewhere" }), retry("unknown", "http-307"), 0],
    [nonsense(), retry("unknown", "bad-answer"), 0],
    [nonsense("null"), retry("unknown", "bad-answer"), 0],
    [status(200, { ErrorCode: 0, MessageID: "m1" }), retry("unknown", "bad-answer"), 0],
    [takenStatus(200, []), retry("unknown", "bad-answer"), 3],
    [reset(), retry("unknown", "network"), 0],
    [dropAnswer(), retry("unknown", "network"), 3],
    [cutAnswer(), retry("unknown", "network"), 3],
    [slow(5000), retry("unknown", "timeout"), 3],
  ];
  for (const [behaviour, outcome, isAccepted] of cases) {
    await withPostmark(async (postmark) => {
      postmark.next(behaviour);
      const options = behaviour.kind === "slow" ? { timeoutMs: 1_000 } : {};
      const outcomes = await postmarkAt(postmark.url, options).batch.send(emails(3), CALM);
      const label = JSON.stringify(behaviour);
      assert.deepEqual(outcomes, [outcome, outcome, outcome], label);
      assert.equal(postmark.accepted.length, isAccepted, label);
      assert.equal(postmark.calls.length, 1, "never sends twice");
    });
  }
  const unheard = await postmarkAt(`http://127.0.0.1:${closedPort()}`).batch.send(emails(2), CALM);
  assert.deepEqual(unheard.map(codeOf), ["no-connection", "no-connection"]);
});

Deno.test("createPostmark.batch.send: the outcome is unknown when the answer lacks an entry, and surplus entries are ignored", async () => {
  const entry = (MessageID: string) => ({ ErrorCode: 0, MessageID, Message: "OK" });
  const accepted = (providerMessageId: string) => ({ kind: "accepted", providerMessageId });
  await withPostmark(async (postmark) => {
    const { send } = postmarkAt(postmark.url).batch;
    postmark.next(takenStatus(200, [entry("m1"), { ErrorCode: 406, Message: "off" }]));
    assert.deepEqual(await send(emails(3), CALM), [
      accepted("m1"),
      rejected(true, "406"),
      retry("unknown", "bad-answer"),
    ]);
    postmark.next(takenStatus(200, [entry("m2"), null, entry("m4"), entry("m5")]));
    assert.deepEqual(await send(emails(3), CALM), [
      accepted("m2"),
      retry("unknown", "bad-answer"),
      accepted("m4"),
    ]);
  });
});

Deno.test("createPostmark.batch.send: repeats a call that was refused as a whole in halves, and rejects only the message at fault", async () => {
  await withPostmark(async (postmark) => {
    postmark.spoil(addressOf(11));
    postmark.spoil(addressOf(40));
    const outcomes = await postmarkAt(postmark.url).batch.send(emails(64), CALM);
    const blamed = outcomes.flatMap((outcome, index) => outcome.kind === "rejected" ? [index] : []);
    assert.deepEqual(blamed, [11, 40]);
    assert.deepEqual(outcomes[11], rejected(false, "403"));
    const recipients = postmark.accepted.map(({ To }) => To);
    assert.equal(recipients.length, 62);
    assert.equal(new Set(recipients).size, 62, "none goes twice");
    assert.ok(postmark.calls.length <= 1 + 2 * 2 * 6, `${postmark.calls.length} calls`);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.kind !== "accepted") continue;
      const email = postmark.accepted.find(({ To }) => To === addressOf(index));
      assert.equal(email?.MessageID, outcome.providerMessageId);
    }
  });
});

Deno.test("createPostmark.batch.send: splits by size, and the outcome is not-sent for calls that the signal prevents", async () => {
  await withPostmark(async (postmark) => {
    const text = "x".repeat(2_000_000);
    const outcomes = await postmarkAt(postmark.url).batch.send(emails(9, { text }), CALM);
    assert.deepEqual(new Set(outcomes.map(codeOf)), new Set(["accepted"]));
    assert.deepEqual(
      postmark.calls.map(({ body }) => JSON.parse(body).length),
      [4, 4, 1],
    );
    postmark.next(slow(5000));
    const stop = new AbortController();
    const sending = postmarkAt(postmark.url).batch.send(emails(5, { text }), stop.signal);
    while (postmark.calls.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    const cut = await sending;
    assert.deepEqual(cut.slice(0, 4), Array(4).fill(retry("unknown", "aborted")));
    assert.deepEqual(cut[4], retry("not-sent", "aborted"));
  });
});

Deno.test("createPostmark.batch.send: makes no call without messages, and throws for a text", async () => {
  await withPostmark(async (postmark) => {
    const { send } = postmarkAt(postmark.url).batch;
    assert.deepEqual(await send([], CALM), []);
    assert.deepEqual(await send([email({ to: "" })], CALM), [rejected(true, "bad-recipient")]);
    await assert.rejects(() => send([email(), sms()], CALM), TypeError);
    assert.equal(postmark.calls.length, 0);
  });
});

const small = (TextBody: string): Message => ({
  From: "a@hark.test",
  To: "a@b.test",
  Subject: "S",
  TextBody,
});

Deno.test("toChunks: fills a call up to its limits of messages and bytes, and keeps the order", () => {
  const sizes = (messages: readonly Message[]) => toChunks(messages).map(({ length }) => length);
  assert.deepEqual(sizes([]), []);
  assert.deepEqual(sizes(Array(MAX_BATCH).fill(small("x"))), [MAX_BATCH]);
  assert.deepEqual(sizes(Array(MAX_BATCH + 1).fill(small("x"))), [MAX_BATCH, 1]);
  const envelope = JSON.stringify([small(""), small("")]).length;
  const half = (bytes: number) => [small("x".repeat(bytes)), small("x".repeat(bytes))];
  const fits = Math.floor((MAX_BATCH_BYTES - envelope) / 2);
  assert.deepEqual(sizes(half(fits)), [2]);
  assert.deepEqual(sizes(half(fits + 1)), [1, 1]);
  // Counted in UTF-8: a Cyrillic letter is two bytes.
  assert.deepEqual(sizes([small("ї".repeat(fits)), small("xx")]), [1, 1]);
  const huge = small("x".repeat(MAX_BATCH_BYTES));
  assert.deepEqual(sizes([small("x"), huge, small("x")]), [1, 1, 1]);
  const marked = ["1", "2", "3"].map(small);
  assert.deepEqual(toChunks(marked).flat(), marked);
});

Deno.test("sendInBatches: ends when every call is refused", async () => {
  let calls = 0;
  const outcomes = await sendInBatches(Array(8).fill(small("x")), () => {
    calls++;
    return Promise.resolve({ kind: "rejected", permanent: false, code: "http-400" });
  });
  assert.deepEqual(outcomes, Array(8).fill(rejected(false, "http-400")));
  assert.equal(calls, 15);
});

Deno.test("fromBatchResponse: returns one outcome when the whole call failed", () => {
  const of = (status: number, body: unknown, retryAfter?: string) =>
    fromBatchResponse({ status, body, retryAfter }, 2);
  assert.deepEqual(of(422, { ErrorCode: 410 }), rejected(false, "410"));
  assert.deepEqual(of(413, ""), rejected(false, "http-413"));
  assert.deepEqual(of(400, ""), rejected(false, "http-400"));
  assert.deepEqual(of(503, {}, "9"), { ...retry("unknown", "http-503"), afterMs: 9000 });
});
