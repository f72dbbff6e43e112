import assert from "node:assert/strict";
import type { SendOutcome } from "../../../domain/ports/provider.ts";
import {
  GIVE_UP_AFTER_MS,
  MAX_UNKNOWN_ATTEMPTS,
  RECEIPT_WAIT_MS,
  RETRY_DELAYS_MS,
  UNDECRYPTABLE_DELAY_MS,
  UNKNOWN_DELAYS_MS,
} from "../../../domain/delivery/retry.ts";
import {
  type Attempt,
  CANNOT_DECRYPT,
  endWithoutReceipt,
  failPermanently,
  finishWithoutAttempt,
  NO_FURTHER_WORK,
  postponeUntil,
  settleAttempt,
  settlePoll,
  settleUndecryptable,
  type Undecryptable,
} from "../../../domain/delivery/attempt_result.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const FIRST: Attempt = {
  number: 1,
  provider: "postmark",
  channel: "email",
  acceptedAt: NOW,
  international: false,
  unresolved: false,
};

const settle = (outcome: SendOutcome, attempt: Partial<Attempt> = {}, now = NOW) =>
  settleAttempt({ ...FIRST, ...attempt }, outcome, now, 0);

Deno.test("settleAttempt: moves an accepted message to sending and awaits its receipt for 72 hours", () => {
  const settlement = settle({ kind: "accepted", providerMessageId: "m1" });
  assert.equal(settlement.status, "sending");
  assert.equal(settlement.providerMessageId, "m1");
  assert.deepEqual(settlement.next, { kind: "expire", dueAt: NOW + RECEIPT_WAIT_MS });
});

Deno.test("settleAttempt: completes an accepted international text as sent", () => {
  const settlement = settle({ kind: "accepted", providerMessageId: "m1" }, { international: true });
  assert.equal(settlement.status, "sent");
  assert.deepEqual(settlement.next, { kind: "done" });
});

Deno.test("settleAttempt: completes as sent a message of whose end its provider never reports", () => {
  const settlement = settle({ kind: "accepted", providerMessageId: "m1", unreported: true });
  assert.equal(settlement.status, "sent");
  assert.deepEqual(settlement.next, { kind: "done" });
  assert.equal(settlement.unresolved, false);
});

Deno.test("settleAttempt: a rejection is a permanent or a technical failure, by its cause", () => {
  const rejected = (permanent: boolean) =>
    settle({ kind: "rejected", permanent, code: "406" }).status;
  assert.equal(rejected(true), "permanent-failure");
  assert.equal(rejected(false), "technical-failure");
});

Deno.test("settleAttempt: retries a message that was not sent, without a possible duplicate", () => {
  const settlement = settle({ kind: "retry", outcome: "not-sent", code: "429", afterMs: 7_000 });
  assert.equal(settlement.status, undefined);
  assert.equal(settlement.unresolved, false);
  assert.deepEqual(settlement.next, { kind: "again", dueAt: NOW + 7_000 });
  assert.deepEqual(settlement.events, [{
    kind: "attempt-ended",
    facts: {
      provider: "postmark",
      attempt: 1,
      outcome: "not-sent",
      code: "429",
      next_attempt_at: new Date(NOW + 7_000).toISOString(),
    },
  }]);
});

Deno.test("settleAttempt: keeps an unknown outcome unresolved through later attempts", () => {
  assert.equal(settle({ kind: "retry", outcome: "unknown", code: "timeout" }).unresolved, true);
  const later = settle({ kind: "retry", outcome: "not-sent", code: "429" }, { unresolved: true });
  assert.equal(later.unresolved, true);
});

Deno.test("settleAttempt: gives up after 72 hours as technical-failure", () => {
  const settlement = settle(
    { kind: "retry", outcome: "not-sent", code: "http-500" },
    { number: 300 },
    NOW + GIVE_UP_AFTER_MS,
  );
  assert.equal(settlement.status, "technical-failure");
  assert.deepEqual(settlement.next, { kind: "done" });
});

Deno.test("finishWithoutAttempt: ends a notification with the reason and without an attempt", () => {
  const ended = finishWithoutAttempt("technical-failure", "service-archived");
  assert.equal(ended.status, "technical-failure");
  assert.deepEqual(ended.next, NO_FURTHER_WORK.next);
  assert.equal(ended.events[0]?.facts.code, "service-archived");
});

Deno.test("endWithoutReceipt: names the time-out as the reason, and does not say that the message was not sent", () => {
  assert.deepEqual(endWithoutReceipt(), {
    ...NO_FURTHER_WORK,
    status: "temporary-failure",
    reason: "no-receipt",
  });
});

Deno.test("settleAttempt: awaits a receipt after the maximum of attempts with unknown outcome", () => {
  const unknown: SendOutcome = { kind: "retry", outcome: "unknown", code: "http-500" };
  const nextOf = (attempt: Partial<Attempt>) => settle(unknown, attempt).next.kind;
  assert.equal(nextOf({ number: MAX_UNKNOWN_ATTEMPTS.email - 1, unresolved: true }), "again");
  assert.equal(nextOf({ number: MAX_UNKNOWN_ATTEMPTS.email, unresolved: true }), "expire");
  assert.equal(
    nextOf({ number: MAX_UNKNOWN_ATTEMPTS.sms, unresolved: true, channel: "sms" }),
    "expire",
  );
  // The first unknown outcome after many that were surely not sent is worth another attempt.
  assert.equal(nextOf({ number: 50, unresolved: false }), "again");
  const stopped = settle(unknown, { number: MAX_UNKNOWN_ATTEMPTS.email, unresolved: true });
  assert.equal(stopped.status, "sending");
  assert.equal(stopped.unresolved, true);
});

Deno.test("settleAttempt: spreads Diia's attempts with unknown outcome over hours", () => {
  const delays = UNKNOWN_DELAYS_MS.diia ?? [];
  assert.equal(delays.length, MAX_UNKNOWN_ATTEMPTS.diia - 1);
  const unknown: SendOutcome = { kind: "retry", outcome: "unknown", code: "timeout" };
  const next = (number: number, outcome: SendOutcome = unknown) =>
    settle(outcome, { number, unresolved: number > 1, channel: "diia" }).next;
  for (const [index, delay] of delays.entries()) {
    assert.deepEqual(next(index + 1), { kind: "again", dueAt: NOW + delay });
  }
  assert.equal(next(MAX_UNKNOWN_ATTEMPTS.diia).kind, "expire");
  assert.deepEqual(next(1, { kind: "retry", outcome: "not-sent", code: "http-503" }), {
    kind: "again",
    dueAt: NOW + RETRY_DELAYS_MS[0],
  });
});

Deno.test("failPermanently: ends a message that was surely not sent, and awaits a receipt when the provider may have it", () => {
  assert.deepEqual(
    failPermanently("expired", "too-late", false, NOW),
    finishWithoutAttempt("expired", "too-late"),
  );
  const unresolved = failPermanently("expired", "too-late", true, NOW);
  assert.equal(unresolved.status, "sending");
  assert.deepEqual(unresolved.next, { kind: "expire", dueAt: NOW + RECEIPT_WAIT_MS });
  assert.equal(unresolved.unresolved, true);
  assert.deepEqual(unresolved.events, finishWithoutAttempt("expired", "too-late").events);
});

Deno.test("postponeUntil: records the time and keeps an unknown outcome unresolved", () => {
  for (const unresolved of [true, false]) {
    const held = postponeUntil(NOW, "quiet-hours", unresolved);
    assert.deepEqual([held.status, held.unresolved], [undefined, unresolved]);
    assert.deepEqual(held.next, { kind: "again", dueAt: NOW });
    assert.deepEqual(held.events, [
      { kind: "held", facts: { code: "quiet-hours", until: "2026-11-22T12:00:00.000Z" } },
    ]);
  }
});

const UNOPENED: Undecryptable = {
  task: "deliver",
  acceptedAt: NOW,
  sentAt: null,
  unresolved: false,
  cancellationReason: undefined,
  since: NOW,
};

Deno.test("settleUndecryptable: backs off, emits no event and keeps unresolved attempts", () => {
  const { least, most } = UNDECRYPTABLE_DELAY_MS;
  const cases = [
    [0, least],
    [2 * least, least],
    [2 * least + 2, least + 1],
    [2 * most - 2, most - 1],
    [2 * most, most],
    [GIVE_UP_AFTER_MS - most, most],
  ] as const;
  for (const [since, rest] of cases) {
    for (const unresolved of [false, true]) {
      const dueAt = NOW + since + rest;
      assert.deepEqual(
        settleUndecryptable({ ...UNOPENED, unresolved }, NOW + since),
        { ...NO_FURTHER_WORK, unresolved, next: { kind: "again", dueAt } },
      );
    }
  }
});

Deno.test("settleUndecryptable: gives up after 72 hours as technical-failure, with the reason", () => {
  const last = NOW + GIVE_UP_AFTER_MS - UNDECRYPTABLE_DELAY_MS.most;
  for (const now of [last + 1, NOW + GIVE_UP_AFTER_MS, NOW + 9 * GIVE_UP_AFTER_MS]) {
    assert.deepEqual(
      settleUndecryptable(UNOPENED, now),
      failPermanently("technical-failure", CANNOT_DECRYPT, false, now),
    );
    const unresolved = settleUndecryptable({ ...UNOPENED, unresolved: true }, now);
    assert.equal(unresolved.status, "sending", "its provider may have it");
  }
});

Deno.test("settleUndecryptable: continues with polling and expiry, which need no decryption", () => {
  assert.deepEqual(
    settleUndecryptable({ ...UNOPENED, cancellationReason: "job-cancelled" }, NOW),
    failPermanently("cancelled", "job-cancelled", false, NOW),
  );
  assert.deepEqual(
    settleUndecryptable({ ...UNOPENED, task: "expire" }, NOW),
    endWithoutReceipt(),
  );
  for (const since of [60_000, RECEIPT_WAIT_MS]) {
    const now = NOW + 5 + since;
    assert.deepEqual(
      settleUndecryptable({ ...UNOPENED, task: "poll", sentAt: NOW + 5 }, now),
      settlePoll(since, now),
    );
  }
});
