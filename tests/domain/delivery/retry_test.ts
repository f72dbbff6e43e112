import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import {
  GIVE_UP_AFTER_MS,
  JITTER,
  MAX_RETRY_AFTER_MS,
  RETRY_DELAYS_MS,
  retryDelayMs,
} from "../../../domain/delivery/retry.ts";

const calm = { attempts: 1, elapsedMs: 0, afterMs: undefined, random: 0 };

Deno.test("retryDelayMs: follows the table and repeats its last delay", () => {
  for (const [index, delay] of RETRY_DELAYS_MS.entries()) {
    assert.equal(retryDelayMs({ ...calm, attempts: index + 1 }), delay);
  }
  assert.equal(retryDelayMs({ ...calm, attempts: 500 }), RETRY_DELAYS_MS.at(-1));
});

Deno.test("retryDelayMs: honours the provider's Retry-After up to an hour", () => {
  assert.equal(retryDelayMs({ ...calm, afterMs: 42_000 }), 42_000);
  assert.equal(retryDelayMs({ ...calm, afterMs: 10 }), RETRY_DELAYS_MS[0]);
  assert.equal(retryDelayMs({ ...calm, afterMs: MAX_RETRY_AFTER_MS + 1 }), MAX_RETRY_AFTER_MS);
});

Deno.test("retryDelayMs: gives up when the next attempt would come after 72 hours", () => {
  const delay = RETRY_DELAYS_MS[0];
  assert.equal(retryDelayMs({ ...calm, elapsedMs: GIVE_UP_AFTER_MS - delay }), delay);
  assert.equal(retryDelayMs({ ...calm, elapsedMs: GIVE_UP_AFTER_MS - delay + 1 }), null);
});

Deno.test("retryDelayMs: adds at most the jitter to a delay", () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(fc.property(fc.integer({ min: 1, max: 10 }), random, (attempts, chance) => {
    const least = retryDelayMs({ ...calm, attempts }) ?? NaN;
    const delay = retryDelayMs({ ...calm, attempts, random: chance }) ?? NaN;
    assert.ok(delay >= least && delay <= Math.round(least * (1 + JITTER)));
  }));
});
