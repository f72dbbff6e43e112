import assert from "node:assert/strict";
import { createClock } from "../../adapters/clock.ts";
import { MAX_SKEW_MS, reportSkew, SKEW_REPORT_INTERVAL_MS } from "../../application/clock_skew.ts";
import type { LogEntry } from "../../domain/ports/log.ts";

const NOON = Date.UTC(2026, 10, 22, 12);

function startReport() {
  const state = { now: NOON, skewMs: 0 };
  const logged: LogEntry[] = [];
  const time = reportSkew({
    ...createClock(() => state.now),
    skewMs: () => state.skewMs,
  }, (entry) => logged.push(entry));
  return { state, logged, time };
}

Deno.test("reportSkew: logs a skew of more than two seconds, in either direction", async () => {
  const cases = [[MAX_SKEW_MS, 0], [-MAX_SKEW_MS, 0], [MAX_SKEW_MS + 1, 1], [-MAX_SKEW_MS - 1, 1]];
  for (const [skewMs = 0, lines] of cases) {
    const { state, logged, time } = startReport();
    state.skewMs = skewMs;
    await time.ready();
    assert.equal(logged.length, lines);
    if (lines === 1) assert.deepEqual(logged, [{ event: "clock-skew", skew_ms: skewMs }]);
  }
});

Deno.test("reportSkew: logs at most one line a minute", async () => {
  const { state, logged, time } = startReport();
  state.skewMs = 60_000;
  await time.ready();
  state.now += SKEW_REPORT_INTERVAL_MS - 1;
  await time.ready();
  assert.equal(logged.length, 1);
  state.now += 1;
  await time.ready();
  assert.equal(logged.length, 2);
  assert.equal(time.now(), state.now);
  assert.equal(time.skewMs(), 60_000);
});
