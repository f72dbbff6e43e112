import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import {
  type CallResult,
  FAILURES_BEFORE_PAUSE,
  healthAfter,
  HEALTHY,
  isProbed,
  MAX_ASKED_PAUSE_MS,
  MAX_PAUSE_MS,
  MAX_RETRY_AFTER_MS,
  MAX_TRIES,
  meaningOf,
  nextTryAt,
} from "../../../domain/callbacks/callback_result.ts";
import { DAY_MS, HOUR_MS, SECOND_MS } from "../../../domain/time/durations.ts";

const NOW = Date.UTC(2031, 4, 14);
const FAILED: CallResult = { failure: "timed-out" };

Deno.test("meaningOf: decides by the status", () => {
  const table = {
    done: [200, 201, 202, 204, 299],
    retry: [301, 302, 303, 307, 308, 408, 425, 429, 500, 502, 503, 504, 599, 199, 600],
    gone: [410],
    refused: [400, 401, 403, 404, 405, 413, 415, 418, 422, 451, 499],
  };
  for (const [meaning, statuses] of Object.entries(table)) {
    for (const status of statuses) assert.equal(meaningOf({ status }), meaning, `${status}`);
  }
  assert.equal(meaningOf(FAILED), "retry");
});

Deno.test(`nextTryAt: makes ${MAX_TRIES} tries within 24 hours, whatever the jitter`, () => {
  fc.assert(fc.property(
    fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
      minLength: MAX_TRIES,
      maxLength: MAX_TRIES,
    }),
    (randoms) => {
      let at = NOW;
      let tries = 1;
      for (const random of randoms) {
        const next = nextTryAt(FAILED, tries, at, random);
        if (next === undefined) break;
        assert.ok(next > at);
        at = next;
        tries++;
      }
      assert.equal(tries, MAX_TRIES);
      assert.ok(at - NOW <= DAY_MS && at - NOW > 20 * HOUR_MS);
    },
  ));
});

Deno.test("nextTryAt: obeys Retry-After in seconds and as a date, up to its limit, and ignores others", () => {
  const waitFor = (retryAfter: string) =>
    (nextTryAt({ status: 503, retryAfter }, 1, NOW, 0) ?? 0) - NOW;
  const own = waitFor("");
  assert.equal(waitFor("3600"), HOUR_MS);
  assert.equal(waitFor(new Date(NOW + HOUR_MS).toUTCString()), HOUR_MS);
  assert.equal(waitFor(String(MAX_RETRY_AFTER_MS / SECOND_MS)), MAX_RETRY_AFTER_MS);
  assert.equal(waitFor(String(MAX_RETRY_AFTER_MS / SECOND_MS + 1)), MAX_RETRY_AFTER_MS);
  for (const text of ["-5", "1", "soon", "1e9", "0x10", "9".repeat(400), "NaN", "Infinity"]) {
    assert.equal(waitFor(text), own, text);
  }
});

Deno.test(`healthAfter: pauses after ${FAILURES_BEFORE_PAUSE} failures in a row, longer after each probe, ${MAX_PAUSE_MS} ms at most`, () => {
  let health = HEALTHY;
  let now = NOW;
  for (let i = 1; i < FAILURES_BEFORE_PAUSE; i++) health = healthAfter(health, FAILED, now, 0);
  assert.ok(!isProbed(health) && health.pausedUntil === 0);
  const pauses: number[] = [];
  for (let i = 0; i < 50; i++) {
    health = healthAfter(health, FAILED, now, 0.999_999);
    assert.ok(isProbed(health));
    pauses.push(Math.round((health.pausedUntil - now) / SECOND_MS));
    now = health.pausedUntil;
  }
  assert.deepEqual(pauses.slice(0, 6), [30, 60, 120, 240, 480, MAX_PAUSE_MS / SECOND_MS]);
  assert.ok(pauses.slice(5).every((pause) => pause === MAX_PAUSE_MS / SECOND_MS));
  assert.deepEqual(healthAfter(health, { status: 200 }, now, 0), HEALTHY);
});

Deno.test("healthAfter: calls that were in flight when the pause began do not prolong it", () => {
  let health = HEALTHY;
  for (let i = 0; i < FAILURES_BEFORE_PAUSE; i++) health = healthAfter(health, FAILED, NOW, 0);
  for (let i = 0; i < 8; i++) assert.deepEqual(healthAfter(health, FAILED, NOW + i, 0), health);
});

Deno.test("healthAfter: Retry-After of 429 and 503 pauses at once, an hour at most; of others it does not", () => {
  const pauseOf = (status: number, retryAfter: string) =>
    healthAfter(HEALTHY, { status, retryAfter }, NOW, 0).pausedUntil;
  assert.equal(pauseOf(429, "60"), NOW + 60 * SECOND_MS);
  assert.equal(pauseOf(503, "999999"), NOW + MAX_ASKED_PAUSE_MS);
  assert.equal(pauseOf(500, "60"), 0);
  assert.equal(pauseOf(429, "x"), 0);
});
