import assert from "node:assert/strict";
import {
  beginProbe,
  type Breaker,
  type CallOutcome,
  cancelProbe,
  CLOSED,
  endProbe,
  MAX_BAD_OUTCOMES,
  permitOf,
  PROBE_DELAY_MS,
  PROBE_TIMEOUT_MS,
  PROBES_TO_CLOSE,
  recordOutcome,
  WINDOW_MS,
  WINDOW_SIZE,
} from "../../../domain/delivery/circuit_breaker.ts";
import { HOUR_MS, MINUTE_MS } from "../../../domain/time/durations.ts";
import { createRandom } from "../../support/random.ts";

const NOON = Date.UTC(2026, 10, 29, 12);

function after(outcomes: readonly CallOutcome[], start: Breaker = CLOSED): Breaker {
  return outcomes.reduce((breaker, outcome) => recordOutcome(breaker, outcome, NOON), start);
}

const times = (count: number, outcome: CallOutcome) => Array<CallOutcome>(count).fill(outcome);
const opened = after(times(MAX_BAD_OUTCOMES, "failed"));

Deno.test("recordOutcome: opens at the tenth failure of the last twenty outcomes, however many succeeded before", () => {
  assert.equal(after(times(MAX_BAD_OUTCOMES - 1, "failed")).phase, "closed");
  assert.equal(opened.phase, "open");
  const busy = after([...times(10_000, "good"), ...times(MAX_BAD_OUTCOMES - 1, "failed")]);
  assert.equal(busy.phase, "closed");
  assert.equal(recordOutcome(busy, "failed", NOON).phase, "open");
  const mixed = Array.from({ length: 200 }, (_, i): CallOutcome => i % 5 < 2 ? "failed" : "good");
  assert.equal(after(mixed).phase, "closed", "two of five fail");
  const half = Array.from(
    { length: WINDOW_SIZE },
    (_, i): CallOutcome => i % 2 ? "failed" : "good",
  );
  assert.equal(after(half).phase, "open", "every second one fails");
});

Deno.test("recordOutcome: opens when calls are slow, and names the cause", () => {
  const slow = after(times(MAX_BAD_OUTCOMES, "slow"));
  assert(slow.phase === "open" && slow.cause === "slow");
  const both = after([...times(4, "slow"), ...times(6, "failed")]);
  assert(both.phase === "open" && both.cause === "errors");
});

Deno.test("recordOutcome: forgets outcomes after the window's time, so that rare failures open nothing", () => {
  let breaker: Breaker = CLOSED;
  for (let i = 0; i < 1_000; i++) {
    breaker = recordOutcome(breaker, "failed", NOON + i * WINDOW_MS / (MAX_BAD_OUTCOMES - 1));
    assert.equal(breaker.phase, "closed");
  }
});

Deno.test("permitOf: allows one probe at a time, and another when its time is over or it made no call", () => {
  const first = NOON + PROBE_DELAY_MS.least;
  assert.equal(permitOf(CLOSED, NOON), "all");
  assert.equal(permitOf(opened, first - 1), "none");
  assert.equal(permitOf(opened, first), "probe");
  const probing = beginProbe(opened, first);
  assert.equal(permitOf(probing, first + PROBE_TIMEOUT_MS - 1), "none");
  assert.equal(permitOf(probing, first + PROBE_TIMEOUT_MS), "probe");
  assert.equal(permitOf(cancelProbe(probing, first + 5), first + 5), "probe");
  assert.equal(permitOf(opened, NOON - 2 * HOUR_MS), "probe", "the clock was set back");
});

Deno.test("endProbe: closes after three good probes in a row, and drops the old outcomes", () => {
  let breaker = opened;
  for (let probe = 1; probe <= PROBES_TO_CLOSE; probe++) {
    assert.equal(permitOf(breaker, NOON + 1_000), "probe", `probe ${probe} may begin at once`);
    breaker = endProbe(beginProbe(breaker, NOON + 1_000), "good", NOON + 1_000);
  }
  assert.deepEqual(breaker, CLOSED);
});

Deno.test("endProbe: a failed probe delays the next one by a share of the outage", () => {
  const delays = [0, 10 * MINUTE_MS, HOUR_MS, 71 * HOUR_MS].map((openMs) => {
    const at = NOON + openMs;
    const failed = endProbe(beginProbe(opened, at), "failed", at);
    return failed.phase === "open" ? failed.probeAt - at : undefined;
  });
  assert.deepEqual(delays, [PROBE_DELAY_MS.least, 2_500, 15_000, PROBE_DELAY_MS.most]);
  const at = NOON + 10 * MINUTE_MS;
  const good = endProbe(beginProbe(opened, at), "good", at);
  const failed = endProbe(beginProbe(good, at), "failed", at);
  assert(failed.phase === "open" && failed.succeeded === 0 && failed.probeAt === at + 2_500);
  assert.equal(recordOutcome(failed, "good", at), failed, "a call from before proves nothing");
});

Deno.test("circuit breaker: with any outcomes it opens within twenty failures in a row, and closes after an outage within its longest delay", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = createRandom(seed);
    let now = NOON;
    let breaker: Breaker = CLOSED;
    const step = (outcome: () => CallOutcome) => {
      const permit = permitOf(breaker, now);
      if (permit === "all") breaker = recordOutcome(breaker, outcome(), now);
      if (permit !== "probe") return;
      const probing = beginProbe(breaker, now);
      const lost = random() < 0.1;
      breaker = lost ? probing : endProbe(probing, outcome(), now);
    };
    for (let call = 0; call < 300; call++) {
      now += Math.floor(random() * 500);
      step(() => random() < 0.3 ? "failed" : "good");
    }
    let failures = 0;
    while (breaker.phase === "closed") {
      now += 10;
      step(() => "failed");
      failures++;
    }
    assert(failures <= 20, `seed ${seed}: ${failures}`);
    const ends = now + random() * 4 * HOUR_MS;
    while (now < ends) {
      now += 500 + Math.floor(random() * 30_000);
      step(() => random() < 0.5 ? "failed" : "slow");
    }
    assert.equal(breaker.phase, "open", `seed ${seed}`);
    const recovered = now;
    while (breaker.phase === "open") {
      now += 100;
      step(() => "good");
    }
    // Lost probes cost their time-out each.
    const most = PROBE_DELAY_MS.most + 10 * PROBE_TIMEOUT_MS;
    assert(now - recovered <= most, `seed ${seed}: ${now - recovered}`);
  }
});
