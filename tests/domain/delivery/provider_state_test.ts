import assert from "node:assert/strict";
import { MAX_BAD_OUTCOMES, SLOW_CALL_MS } from "../../../domain/delivery/circuit_breaker.ts";
import {
  applySettings,
  beginSend,
  cancelSend,
  createProviderState,
  endSend,
  factsOfState,
  FAULT_PROBE_DELAY_MS,
  MAX_COUNTED_OF_BATCH,
  type ProviderState,
  recordSlowCall,
} from "../../../domain/delivery/provider_state.ts";
import type { SendOutcome } from "../../../domain/ports/provider.ts";

const NOON = Date.UTC(2026, 10, 29, 12);
const NEW = createProviderState(100, NOON);
const ACCEPTED: SendOutcome = { kind: "accepted", providerMessageId: "1" };
const FAILED: SendOutcome = { kind: "retry", outcome: "unknown", code: "http-500" };
const FAULT = { kind: "provider-fault", code: "20003", scope: "provider" } as const;
const THROTTLED: SendOutcome = { kind: "retry", outcome: "not-sent", code: "20429" };
const REJECTED: SendOutcome = { kind: "rejected", permanent: true, code: "21211" };

function send(
  state: ProviderState,
  outcomes: readonly SendOutcome[],
  { now = NOON, tookMs = 100, isProbe = false } = {},
): ProviderState {
  const begun = outcomes.reduce((next) => beginSend(next, isProbe, now), state);
  return endSend(begun, outcomes, { isProbe, tookMs, isCounted: false }, now);
}

const repeat = (count: number, step: (state: ProviderState) => ProviderState, state = NEW) =>
  Array.from({ length: count }).reduce<ProviderState>(step, state);

const availabilityOf = (state: ProviderState, now = NOON) => factsOfState(state, now).availability;

Deno.test("endSend: refusals of single messages and answers of too many requests open no breaker", () => {
  const refused = repeat(100, (state) => send(state, [REJECTED]));
  assert.equal(availabilityOf(refused), "ready");
  assert.equal(refused.lastError, undefined, "the recipient was the reason");
  const throttled = repeat(100, (state) => send(state, [THROTTLED]));
  assert.equal(throttled.breaker.phase, "closed");
  assert(factsOfState(throttled, NOON).room < 100);
  for (const code of ["http-429", "429"]) {
    const state = send(NEW, [{ kind: "retry", outcome: "not-sent", code }]);
    assert(state.bucket.lowered !== undefined, code);
  }
  const own = send(NEW, [{ kind: "retry", outcome: "not-sent", code: "4.7.0", throttled: true }]);
  assert(own.bucket.lowered !== undefined);
  assert.equal(send(NEW, [{ ...FAILED, code: "21429" }]).bucket.lowered, undefined, "unknown");
});

Deno.test("endSend: recipients who cannot be reached now open no breaker, and are no error of the provider", () => {
  const state = repeat(
    100,
    (state) =>
      send(state, [{ kind: "retry", outcome: "not-sent", code: "450-4.2.2", ofRecipient: true }]),
  );
  assert.equal(availabilityOf(state), "ready");
  assert.equal(state.lastError, undefined);
});

Deno.test("endSend: one failed call of a large batch opens nothing, two do", () => {
  const batch = Array<SendOutcome>(500).fill(FAILED);
  const once = send(NEW, batch);
  assert.equal(availabilityOf(once), "ready");
  assert(2 * MAX_COUNTED_OF_BATCH >= MAX_BAD_OUTCOMES);
  assert.equal(availabilityOf(send(once, batch)), "held");
});

Deno.test("endSend: an attempt without a call is not counted", () => {
  for (const code of ["too-slow", "aborted", "calls-used-up", "token-calls-used-up"]) {
    const noCall: SendOutcome = { kind: "retry", outcome: "not-sent", code };
    assert.equal(availabilityOf(repeat(100, (state) => send(state, [noCall]))), "ready", code);
  }
});

Deno.test("endSend: slow calls open the breaker, ended or not; a slow batch does not", () => {
  const slow = { tookMs: SLOW_CALL_MS };
  const opened = repeat(MAX_BAD_OUTCOMES, (state) => send(state, [ACCEPTED], slow));
  assert.equal(availabilityOf(opened), "held");
  const justUnder = repeat(100, (state) => send(state, [ACCEPTED], { tookMs: SLOW_CALL_MS - 1 }));
  assert.equal(availabilityOf(justUnder), "ready");
  const hanging = repeat(MAX_BAD_OUTCOMES, (state) => recordSlowCall(state, NOON));
  assert.equal(availabilityOf(hanging), "held");
  const batches = repeat(100, (state) => send(state, [ACCEPTED, ACCEPTED], slow));
  assert.equal(availabilityOf(batches), "ready");
});

Deno.test("endSend: a fault pauses the provider until a probe succeeds, unless it took a message of the same call", () => {
  assert.equal(availabilityOf(send(NEW, [FAULT, ACCEPTED])), "ready");
  assert.equal(availabilityOf(send(NEW, [{ ...FAULT, scope: "service" }])), "ready");
  const faulted = send(NEW, [FAULT]);
  assert.deepEqual(faulted.fault, { code: "20003", since: NOON });
  const due = NOON + FAULT_PROBE_DELAY_MS.least;
  assert.equal(availabilityOf(faulted, due - 1), "held");
  assert.equal(availabilityOf(faulted, due), "probe");
  const probing = beginSend(faulted, true, due);
  assert.equal(availabilityOf(probing, due), "held", "one probe at a time");
  assert.equal(availabilityOf(cancelSend(probing, true, due), due), "probe");
  const later = NOON + 3_600_000;
  const still = send(faulted, [{ ...FAULT, code: "20005" }], { now: later, isProbe: true });
  assert.deepEqual(still.fault, { code: "20005", since: NOON });
  assert.equal(still.faultProbeAt, later + FAULT_PROBE_DELAY_MS.most);
  const failing = send(faulted, [FAILED], { now: later, isProbe: true });
  assert(failing.fault !== undefined, "an unknown outcome ends no fault");
  for (const ending of [ACCEPTED, REJECTED]) {
    assert.equal(send(faulted, [ending], { now: later, isProbe: true }).fault, undefined);
  }
});

Deno.test("applySettings: the operator's pause wins over everything, and weights over the default", () => {
  const settings = { weight: null, ratePerSecond: null, pause: null, fault: null };
  const paused = applySettings(NEW, { ...settings, pause: { reason: null, since: 0 } }, NOON);
  assert.deepEqual(factsOfState(paused, NOON), { weight: 100, availability: "held", room: 0 });
  assert.equal(availabilityOf(applySettings(paused, undefined, NOON)), "ready");
  assert.equal(factsOfState(applySettings(NEW, { ...settings, weight: 0 }, NOON), NOON).weight, 0);
  const limited = applySettings(NEW, { ...settings, ratePerSecond: 1 }, NOON);
  assert.equal(availabilityOf(beginSend(limited, false, NOON)), "limited");
  const shared = applySettings(NEW, { ...settings, fault: { code: "x", since: NOON } }, NOON);
  assert.equal(availabilityOf(shared), "held", "a fault that another process has found");
  const learnedAt = (now: number) =>
    availabilityOf(
      applySettings(NEW, { ...settings, fault: { code: "x", since: NOON } }, now),
      now,
    );
  const oldAt = NOON + FAULT_PROBE_DELAY_MS.most;
  assert.deepEqual([learnedAt(oldAt - 1), learnedAt(oldAt)], ["held", "probe"]);
});
