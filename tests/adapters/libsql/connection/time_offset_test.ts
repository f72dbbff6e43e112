import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import {
  BEST_SAMPLE_MS,
  createTimeOffset,
} from "../../../../adapters/libsql/connection/time_offset.ts";

const OFFSET = 1_700_000_000_000;

/** A sample of a clock that is `offset` ahead, by a request that takes this long in each direction. */
function sample(sentAt: number, toServerMs: number, backMs: number, offset = OFFSET) {
  const servedAt = sentAt + toServerMs;
  return { sentAt, receivedAt: servedAt + backMs, remoteMs: Math.floor(servedAt + offset) };
}

Deno.test("createTimeOffset: has no value before the first sample", () => {
  assert.equal(createTimeOffset().value, undefined);
});

Deno.test("createTimeOffset: is wrong by at most half of the best round trip, and half of a millisecond", () => {
  const leg = fc.double({ min: 0, max: 5_000, noNaN: true });
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.double({ min: 0, max: 1_000, noNaN: true }), leg, leg), { minLength: 1 }),
    (trips) => {
      const offset = createTimeOffset();
      let now = 0;
      for (const [pauseMs, toServerMs, backMs] of trips) {
        now += pauseMs;
        offset.observe(sample(now, toServerMs, backMs));
        const error = Math.abs((offset.value ?? NaN) - OFFSET);
        assert(error <= (toServerMs + backMs + 1) / 2 + 0.01, `${error}`);
        now += toServerMs + backMs;
      }
    },
  ));
});

Deno.test("createTimeOffset: keeps the narrowest sample for a minute, then takes the next one", () => {
  const offset = createTimeOffset();
  offset.observe(sample(0, 1, 1));
  const narrow = offset.value;
  offset.observe(sample(100, 900, 100));
  assert.equal(offset.value, narrow);
  offset.observe(sample(BEST_SAMPLE_MS - 998, 900, 100));
  assert.equal(offset.value, narrow, "a minute later");
  offset.observe(sample(BEST_SAMPLE_MS, 900, 100));
  assert.notEqual(offset.value, narrow);
});

Deno.test("createTimeOffset: a sample that excludes the estimate replaces it, however wide it is", () => {
  for (const stepMs of [-7_200_000, -60_000, 60_000, 7_200_000]) {
    const offset = createTimeOffset();
    offset.observe(sample(0, 1, 1));
    offset.observe(sample(100, 900, 900, OFFSET + stepMs));
    const error = Math.abs((offset.value ?? NaN) - OFFSET - stepMs);
    assert(error <= 901, `${stepMs}: ${error}`);
  }
});
