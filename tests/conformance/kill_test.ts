/** A process that is killed at random moments. `KILL_SEED=n` repeats a run's choices. */
import assert from "node:assert/strict";
import { runRandomKills } from "../chaos/random_kills.ts";
import { findBreaches } from "../chaos/tally.ts";

Deno.test("a process that is killed repeatedly: loses no message that it answered with 201, and sends no duplicate without a mark", async () => {
  const seed = Number(Deno.env.get("KILL_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  console.log(`KILL_SEED=${seed}`);
  const { tally, note } = await runRandomKills({ seed, sends: 1_000, kills: 20 });
  console.log(JSON.stringify(tally), note);
  assert.deepEqual(findBreaches(tally), []);
});
