import assert from "node:assert/strict";
import {
  NO_FURTHER_WORK,
  settleAttempt,
  type UnknownAttempt,
} from "../../../domain/delivery/attempt_result.ts";
import {
  GIVE_UP_AFTER_MS,
  LAST_TRY_BEFORE_END_MS,
  MAX_RETRY_AFTER_MS,
  MAX_UNKNOWN_ATTEMPTS,
  SEARCH_DELAY_MS,
  searchDelayMs,
  UNKNOWN_DELAYS_MS,
  unknownDelayMs,
} from "../../../domain/delivery/retry.ts";
import {
  type Answer,
  NOT_FOUND,
  OUTCOME_UNKNOWN,
  resolveUnknown,
} from "../../../domain/delivery/unknown_outcome.ts";
import type { SearchResult } from "../../../domain/ports/provider.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const GRACE_MS = 30_000;

const attempt = (number: number, fields: Partial<UnknownAttempt> = {}): UnknownAttempt => ({
  number,
  provider: "twilio",
  startedAt: NOW - 60_000,
  endedAt: NOW - 50_000,
  ...fields,
});
const answer = (result: SearchResult, provider = "twilio"): Answer => ({
  provider,
  graceMs: GRACE_MS,
  result,
});
const NONE: SearchResult = { kind: "found", messages: [] };
const message = (providerMessageId: string) => ({ kind: "accepted", providerMessageId } as const);

function resolve(fields: Partial<Parameters<typeof resolveUnknown>[0]> = {}) {
  return resolveUnknown({
    unknown: [attempt(1)],
    answers: [answer(NONE)],
    channel: "sms",
    acceptedAt: NOW - 60_000,
    now: NOW,
    random: 0,
    ...fields,
  });
}

const MARKED = { kind: "send", unresolved: true, events: [] };
const again = (dueAt: number) => ({
  kind: "settle",
  result: { ...NO_FURTHER_WORK, unresolved: true, next: { kind: "again", dueAt } },
});

Deno.test("resolveUnknown: sends a message again without a mark when no provider has it", () => {
  const events = [{
    kind: "attempt-ended",
    facts: { provider: "twilio", attempt: 1, outcome: "not-sent", code: NOT_FOUND },
  }];
  assert.deepEqual(resolve(), { kind: "send", unresolved: false, events });
});

Deno.test("resolveUnknown: counts a message as missing when the grace is over, and not a millisecond earlier", () => {
  const unknown = [attempt(1, { endedAt: NOW - GRACE_MS + 1 })];
  assert.deepEqual(resolve({ unknown }), again(NOW + 1));
  const next = resolve({ unknown, now: NOW + 1 });
  assert.equal(next.kind === "send" && next.unresolved, false);
});

Deno.test("resolveUnknown: adopts what any provider has, each message once, before all else", () => {
  const unknown = [attempt(1), attempt(2), attempt(3, { provider: "vonage" })];
  const found: SearchResult = { kind: "found", messages: [message("a"), message("b")] };
  const answers = [answer(found), answer({ kind: "unavailable", code: "timeout" }, "vonage")];
  const resolution = resolve({ unknown, answers });
  assert(resolution.kind === "adopt");
  assert.deepEqual(
    resolution.candidates.map((
      { attempt, message },
    ) => [attempt.number, message.providerMessageId]),
    [[1, "a"], [1, "b"]],
  );
});

Deno.test("resolveUnknown: asks again when one of the providers cannot answer", () => {
  const unavailable: SearchResult = { kind: "unavailable", code: "429", afterMs: 120_000 };
  assert.deepEqual(resolve({ answers: [answer(unavailable)] }), again(NOW + 120_000));
  const unknown = [attempt(1), attempt(2, { provider: "other" })];
  const answers = [answer(NONE), answer({ kind: "unavailable", code: "timeout" }, "other")];
  assert.deepEqual(resolve({ unknown, answers }), again(NOW + SEARCH_DELAY_MS.least));
});

Deno.test("resolveUnknown: ends after 72 hours as technical-failure with the reason, unless a provider has the message", () => {
  const acceptedAt = NOW - GIVE_UP_AFTER_MS - 1;
  const cases = [
    [NONE, NOT_FOUND],
    [{ kind: "unavailable", code: "timeout" }, OUTCOME_UNKNOWN],
    [{ kind: "unsupported", code: "http-404" }, OUTCOME_UNKNOWN],
  ] as const;
  for (const [result, code] of cases) {
    const resolution = resolve({ acceptedAt, answers: [answer(result)] });
    assert(resolution.kind === "settle");
    assert.equal(resolution.result.status, "technical-failure");
    assert.equal(resolution.result.events[0]?.facts.code, code);
    assert.deepEqual(resolution.result.next, { kind: "done" });
  }
  const found: SearchResult = { kind: "found", messages: [message("a")] };
  assert.equal(resolve({ acceptedAt, answers: [answer(found)] }).kind, "adopt");
});

Deno.test("resolveUnknown: spreads the tries at a provider that cannot be asked, up to their maximum", () => {
  const unsupported = [answer({ kind: "unsupported", code: "http-404" })];
  const [first = 0] = UNKNOWN_DELAYS_MS.sms ?? [];
  const unknown = [attempt(1)];
  assert.deepEqual(resolve({ unknown, answers: unsupported }), again(NOW - 50_000 + first));
  const later = { unknown, answers: unsupported, now: NOW - 50_000 + first };
  assert.deepEqual(resolve(later), MARKED);
  const unsettled = [attempt(1, { isUnsettled: true })];
  assert.deepEqual(resolve({ unknown: unsettled, answers: unsupported }), MARKED);
  // Without a search the row is due by the same delays already.
  assert.deepEqual(resolve({ unknown, answers: [] }), MARKED);
  const all = Array.from({ length: MAX_UNKNOWN_ATTEMPTS.sms }, (_, at) => attempt(at + 1));
  const last = resolve({ unknown: all, answers: [] });
  assert(last.kind === "settle");
  assert.deepEqual([last.result.status, last.result.next.kind], ["sending", "expire"]);
  assert.equal(resolve({ unknown: all.slice(1), answers: [] }).kind, "send");
});

Deno.test("settleAttempt: asks the provider after the grace, and remembers the attempt", () => {
  const outcome = { kind: "retry", outcome: "unknown", code: "timeout" } as const;
  const settled = settleAttempt(
    {
      number: 2,
      provider: "twilio",
      channel: "sms",
      acceptedAt: NOW - GIVE_UP_AFTER_MS,
      international: false,
      unresolved: true,
      unknown: [attempt(1)],
      startedAt: NOW - 10,
      searchGraceMs: GRACE_MS,
      validUntil: NOW + 1,
    },
    outcome,
    NOW,
    0,
  );
  assert.deepEqual(settled.next, { kind: "again", dueAt: NOW + GRACE_MS });
  assert.deepEqual(settled.unknown, [
    attempt(1),
    { number: 2, provider: "twilio", startedAt: NOW - 10, endedAt: NOW },
  ]);
});

Deno.test("settleAttempt: a fault of the provider uses up no try and is retried for 72 hours", () => {
  const settle = (acceptedAt: number, validUntil?: number) =>
    settleAttempt(
      {
        number: 500,
        provider: "twilio",
        channel: "sms",
        acceptedAt,
        international: false,
        unresolved: false,
        ...(validUntil === undefined ? {} : { validUntil }),
      },
      { kind: "provider-fault", scope: "provider", code: "20003" },
      NOW,
      0,
    );
  const retried = settle(NOW - 1_000);
  assert.deepEqual([retried.status, retried.next.kind], [undefined, "again"]);
  assert.equal(retried.unresolved, false);
  assert.equal(retried.events[0]?.facts.outcome, "not-sent");
  assert.equal(settle(NOW - GIVE_UP_AFTER_MS).status, "technical-failure");
  // It is due at its valid_until, to end.
  assert.deepEqual(settle(NOW, NOW + 5).next, { kind: "again", dueAt: NOW + 5 });
});

Deno.test("unknownDelayMs: makes the last try shortly before the end of the 72 hours, and none after it", () => {
  const delays = UNKNOWN_DELAYS_MS.sms ?? [];
  const delay = (tries: number, elapsedMs: number, random = 0) =>
    unknownDelayMs({ tries, elapsedMs, afterMs: undefined, random, delays });
  for (const [index, each] of delays.entries()) assert.equal(delay(index + 1, 0), each);
  const latest = GIVE_UP_AFTER_MS - LAST_TRY_BEFORE_END_MS;
  assert.equal(delay(4, latest - 1_000), 1_000);
  assert.equal(delay(4, latest), null);
  assert.ok((delay(4, 20 * 3_600_000, 0.999) ?? 0) + 20 * 3_600_000 < latest);
});

Deno.test("searchDelayMs: grows with the time since the attempt, within its bounds, and obeys Retry-After", () => {
  const { least, most } = SEARCH_DELAY_MS;
  assert.equal(searchDelayMs(0, undefined, 0), least);
  assert.equal(searchDelayMs(4 * least, undefined, 0), 2 * least);
  assert.equal(searchDelayMs(9 * most, undefined, 0), most);
  assert.equal(searchDelayMs(0, 2 * most, 0), 2 * most);
  assert.equal(searchDelayMs(0, 9 * MAX_RETRY_AFTER_MS, 0), MAX_RETRY_AFTER_MS);
  assert.ok(searchDelayMs(0, undefined, 0.5) > least);
});
