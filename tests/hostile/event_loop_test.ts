/** The largest requests of single routes: for how long each holds the event loop, in CPU time of the main thread. */
import assert from "node:assert/strict";
import { toSteps } from "../fuzz/request.ts";
import { startTarget } from "../fuzz/target.ts";
import { pause } from "../support/process.ts";
import { exchange } from "../support/raw_http.ts";
import { SIZE_CASES } from "./size_cases.ts";

/** The longest that the event loop may be held at a time, best of {@link ATTEMPTS}, in milliseconds. */
const MAX_HELD_MS = 50;
const ATTEMPTS = 3;
/** The longest wait for the answer to a large request; a busy machine is slow. */
const TIMEOUT_MS = 120_000;

/** The longest times that `loop-held` lines report. */
function longestHeld(output: string): { readonly cpu: number; readonly wall: number } {
  let cpu = 0;
  let wall = 0;
  for (const line of output.split("\n")) {
    if (!line.includes('"loop-held"')) continue;
    const { cpu_ms, wall_ms } = JSON.parse(line);
    cpu = Math.max(cpu, cpu_ms);
    wall = Math.max(wall, wall_ms);
  }
  return { cpu, wall };
}

Deno.test({
  name: "the largest requests of each schema: hold the event loop for at most 50 ms at a time",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using target = await startTarget("start", { watchesLoop: true });
    const { port, process } = target;
    const faults: string[] = [];
    for (const { name, make } of SIZE_CASES) {
      let best = { cpu: Infinity, wall: Infinity };
      for (let attempt = 0; attempt < ATTEMPTS && best.cpu > MAX_HELD_MS; attempt++) {
        const steps = toSteps(await make(target));
        process.takeOutput();
        await exchange(steps, { port, timeoutMs: TIMEOUT_MS });
        await pause(50);
        const held = longestHeld(process.takeOutput());
        if (held.cpu < best.cpu) best = held;
      }
      if (Deno.env.has("SHOW")) console.log(name, best);
      if (best.cpu > MAX_HELD_MS) faults.push(`${name}: ${best.cpu} ms of CPU`);
    }
    assert.deepEqual(faults, []);
  },
});
