/** The short form of the scenarios that a Worker runs. `deno task chaos` runs all of them. */
import assert from "node:assert/strict";
import { WORKER_TEST } from "../support/workerd.ts";
import { WORKER_SCENARIOS } from "./scenarios.ts";
import { findBreaches } from "./tally.ts";

/** The seed of the short form; `deno task chaos` takes another one each time. */
const SEED = 13;

for (const { name, title, inShort, run } of WORKER_SCENARIOS) {
  if (!inShort) continue;
  Deno.test({
    ...WORKER_TEST,
    name: `${name}: loses nothing and sends no unexplained duplicate when ${title}`,
    async fn() {
      const { tally, note } = await run({ seed: SEED, short: true });
      console.log(JSON.stringify(tally), note);
      assert.deepEqual(findBreaches(tally), []);
    },
  });
}
