import assert from "node:assert/strict";
import {
  CLAIM_LIMIT,
  CLAIM_LIMIT_SERVING,
  createCapacity,
  SERVING_MS,
} from "../../../application/delivery/capacity.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
/** More than every limit of a claim. */
const MAX_BATCH = CLAIM_LIMIT;

Deno.test("createCapacity: claims less while requests are served, and not because the clock was set back", async () => {
  let now = NOON;
  const capacity = createCapacity({ now: () => now }, () => MAX_BATCH);
  const limitOf = () => {
    const reserved = capacity.reserve();
    for (const { channel, most } of reserved) capacity.release(channel, most);
    return reserved[0]?.most;
  };
  await capacity.duringFirstAttempt("sms", () => Promise.resolve());
  const cases = [
    [NOON, CLAIM_LIMIT_SERVING],
    [NOON + SERVING_MS - 1, CLAIM_LIMIT_SERVING],
    [NOON + SERVING_MS, CLAIM_LIMIT],
    [NOON - 1, CLAIM_LIMIT],
    [NOON - 7_200_000, CLAIM_LIMIT],
  ] as const;
  for (const [at, limit] of cases) {
    now = at;
    assert.equal(limitOf(), limit, `${at - NOON} ms later`);
  }
});
