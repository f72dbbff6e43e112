import assert from "node:assert/strict";
import {
  changeLimit,
  createRateBucket,
  isBlocked,
  LOWER_EVERY_MS,
  loweredRate,
  lowerRate,
  RATE_PER_SECOND,
  type RateBucket,
  rateOf,
  roomOf,
  takeToken,
} from "../../../domain/delivery/rate_bucket.ts";
import { HOUR_MS, MINUTE_MS } from "../../../domain/time/durations.ts";
import { createRandom } from "../../support/random.ts";

const NOON = Date.UTC(2026, 10, 29, 12);

/** Takes as much as there is room for, at each of these times. */
function drain(bucket: RateBucket, times: readonly number[], most = 10_000) {
  let [state, taken] = [bucket, 0];
  for (const now of times) {
    for (let i = 0; i < most && roomOf(state, now) >= 1; i++) {
      state = takeToken(state, now);
      taken++;
    }
  }
  return { state, taken };
}

const everySecond = (seconds: number, from = NOON) =>
  Array.from({ length: seconds }, (_, second) => from + second * 1_000);

Deno.test("roomOf: has no limit until one is set or the provider refuses", () => {
  const bucket = createRateBucket(undefined, NOON);
  assert.equal(roomOf(bucket, NOON), Infinity);
  assert.equal(roomOf(drain(bucket, [NOON]).state, NOON), Infinity);
  assert.equal(rateOf(bucket, NOON), undefined);
});

Deno.test("takeToken: lets the limit pass in each second, and no more than a second's worth at once", () => {
  const bucket = createRateBucket(10, NOON);
  assert.equal(roomOf(bucket, NOON + HOUR_MS), 10);
  assert.equal(drain(bucket, everySecond(60)).taken, 600);
  const slow = createRateBucket(0.1, NOON);
  assert.equal(drain(slow, everySecond(60)).taken, 6);
});

Deno.test("takeToken: never lets more pass than the limit over any span of time", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = createRandom(seed);
    const limit = Math.max(RATE_PER_SECOND.least, random() * 50);
    let state = createRateBucket(limit, NOON);
    let [now, taken] = [NOON, 0];
    for (let i = 0; i < 400; i++) {
      // Now and then the clock is set back.
      now += random() < 0.02 ? -5_000 : Math.floor(random() * 300);
      if (roomOf(state, now) < 1) continue;
      state = takeToken(state, now);
      taken++;
    }
    const elapsed = 400 * 300 / 1_000;
    assert(taken <= limit * elapsed + Math.max(limit, 1), `seed ${seed}`);
  }
});

Deno.test("lowerRate: halves the rate that was refused, once a second, and recovers within half a minute", () => {
  const used = drain(createRateBucket(undefined, NOON), everySecond(3), 40).state;
  const at = NOON + 2_500;
  const lowered = lowerRate(used, undefined, at);
  assert.equal(rateOf(lowered, at), 20);
  assert.equal(rateOf(lowerRate(lowered, undefined, at + LOWER_EVERY_MS - 1), at), 20);
  const again = lowerRate(drain(lowered, [at]).state, undefined, at + LOWER_EVERY_MS);
  assert.equal(rateOf(again, at + LOWER_EVERY_MS), 10.5, "half of what it has grown to");
  assert(roomOf(lowered, at) <= 20);
  assert.equal(loweredRate(lowered, at + 30_000), undefined, "no limit any more");
  assert.equal(roomOf(lowered, at + 30_000), Infinity);
});

Deno.test("lowerRate: returns to the operator's limit, and stays above the least rate", () => {
  let bucket = createRateBucket(100, NOON);
  for (let i = 0; i < 100; i++) bucket = lowerRate(bucket, undefined, NOON + i * LOWER_EVERY_MS);
  const rate = rateOf(bucket, NOON + 99 * LOWER_EVERY_MS) ?? 0;
  assert(rate >= RATE_PER_SECOND.least && rate < 1);
  assert.equal(rateOf(bucket, NOON + HOUR_MS), 100);
});

Deno.test("lowerRate: obeys Retry-After, up to an hour", () => {
  const bucket = createRateBucket(undefined, NOON);
  const blocked = lowerRate(bucket, 30_000, NOON);
  assert.equal(roomOf(blocked, NOON + 29_999), 0);
  assert(isBlocked(blocked, NOON + 29_999) && !isBlocked(blocked, NOON + 30_000));
  assert(!isBlocked(lowerRate(bucket, 100 * HOUR_MS, NOON), NOON + HOUR_MS));
  assert(!isBlocked(blocked, NOON - 2 * HOUR_MS), "the clock was set back");
});

Deno.test("changeLimit: takes effect at once, and keeps a lower rate", () => {
  const bucket = createRateBucket(undefined, NOON);
  assert.equal(roomOf(changeLimit(bucket, 5, NOON), NOON), 5);
  const lifted = changeLimit(changeLimit(bucket, 5, NOON), undefined, NOON);
  assert.equal(roomOf(lifted, NOON), Infinity);
  const used = drain(bucket, everySecond(2), 40).state;
  const lowered = changeLimit(lowerRate(used, undefined, NOON + 1_500), 100, NOON + 1_500);
  assert.equal(rateOf(lowered, NOON + 1_500), 20);
  assert.equal(rateOf(lowered, NOON + 5 * MINUTE_MS), 100);
  assert.equal(rateOf(changeLimit(lowered, 10, NOON + 1_500), NOON + 1_500), 10);
});
