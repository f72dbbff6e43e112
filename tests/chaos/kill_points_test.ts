/** The short form of the scenarios that kill a process at every step. `deno task chaos` runs all of them. */
import assert from "node:assert/strict";
import { createFaultHook } from "./fault_hook.ts";
import { KILL_SCENARIOS } from "./scenarios.ts";
import { findBreaches } from "./tally.ts";

/** The seed of the short form; `deno task chaos` takes another one each time. */
const SEED = 13;

for (const { name, title, inShort, run } of KILL_SCENARIOS) {
  if (!inShort) continue;
  Deno.test(`${name}: loses nothing and sends no unexplained duplicate when a process is ${title}`, async () => {
    const { tally, note } = await run({ seed: SEED, short: true });
    console.log(JSON.stringify(tally), note);
    assert.deepEqual(findBreaches(tally), []);
  });
}

Deno.test("createFaultHook: ends the process at the named step only, and counts nothing before it is armed", async () => {
  const steps: string[] = [];
  const killed: number[] = [];
  const hook = createFaultHook({
    onStep: (step) => steps.push(step),
    kill: () => killed.push(steps.length),
  });
  const write = hook.around((name: string) => name, (name: string) => Promise.resolve(name));
  assert.equal(await write("a"), "a");
  hook.arm("before a 2");
  await write("a");
  await write("b");
  await write("a");
  assert.deepEqual(steps, [
    ...["before a 1", "after a 1", "before b 1", "after b 1", "before a 2", "after a 2"],
  ]);
  assert.deepEqual(killed, [5]);
});

Deno.test("createFaultHook: counts the step after a call that fails, and passes the error on", async () => {
  const steps: string[] = [];
  const hook = createFaultHook({ onStep: (step) => steps.push(step), kill: () => {} });
  hook.arm(undefined);
  const write = hook.around(() => "a", () => Promise.reject(new Error("no")));
  await assert.rejects(write(), /no/);
  assert.deepEqual(steps, ["before a 1", "after a 1"]);
});
