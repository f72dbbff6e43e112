import assert from "node:assert/strict";
import { createLoopWatch, LOOP_SILENCE_MS } from "../../application/loop_watch.ts";
import {
  createReadiness,
  type ReadinessPorts,
  REPORT_TTL_MS,
} from "../../application/readiness.ts";
import { idleWork } from "./idle_work.ts";
import type { StoreState } from "../../domain/ports/readiness_store.ts";

const NOW = 1_000_000_000;
const MAX_OLDEST_DUE_S = 600;
const STATE: StoreState = { hasSchema: true, oldestDueAt: null };

const readinessWith = (
  readState: () => Promise<StoreState>,
  ports: Partial<ReadinessPorts> = {},
) =>
  createReadiness({
    store: { readState },
    clock: { now: () => NOW },
    loop: { isAlive: () => true },
    maxOldestDueS: MAX_OLDEST_DUE_S,
    ...ports,
  });

const OK = {
  store: "ok",
  schema: "ok",
  worker: "ok",
  clock_skew_ms: 0,
  oldest_due_s: 0,
} as const;
const NO_STORE = { ...OK, store: "unavailable", schema: "unknown", oldest_due_s: null } as const;
const dueSince = (seconds: number) => ({ ...STATE, oldestDueAt: NOW - 1000 * seconds });

const CASES: readonly (readonly [
  name: string,
  state: () => Promise<StoreState>,
  ports: Partial<ReadinessPorts>,
  status: "ok" | "unavailable",
  checks: Readonly<Record<string, unknown>>,
])[] = [
  ["nothing is due", () => Promise.resolve(STATE), {}, "ok", OK],
  [
    "work is due later",
    () => Promise.resolve(dueSince(-60)),
    {},
    "ok",
    OK,
  ],
  [
    "work has waited as long as it may",
    () => Promise.resolve(dueSince(MAX_OLDEST_DUE_S)),
    {},
    "ok",
    { ...OK, oldest_due_s: MAX_OLDEST_DUE_S },
  ],
  [
    "work has waited for longer",
    () => Promise.resolve(dueSince(MAX_OLDEST_DUE_S + 1)),
    {},
    "unavailable",
    { ...OK, oldest_due_s: MAX_OLDEST_DUE_S + 1 },
  ],
  [
    "the clock is ahead",
    () => Promise.resolve(STATE),
    { clock: { now: () => NOW, skewMs: () => 2_500.4 } },
    "ok",
    { ...OK, clock_skew_ms: 2_500 },
  ],
  [
    "the schema is another",
    () => Promise.resolve({ ...STATE, hasSchema: false }),
    {},
    "unavailable",
    { ...OK, schema: "unavailable" },
  ],
  [
    "the loop is silent",
    () => Promise.resolve(STATE),
    { loop: { isAlive: () => false } },
    "unavailable",
    { ...OK, worker: "unavailable" },
  ],
  ["the store fails", () => Promise.reject(new Error("down")), {}, "unavailable", NO_STORE],
  [
    "the store does not answer",
    () => new Promise(() => {}),
    { stateTimeoutMs: 1 },
    "unavailable",
    NO_STORE,
  ],
];

for (const [name, state, ports, status, checks] of CASES) {
  Deno.test(`Readiness.report: is ${status} when ${name}`, async () => {
    assert.deepEqual(await readinessWith(state, ports).report(), { status, checks });
  });
}

Deno.test("Readiness.report: asks the store once for all requests of a second", async () => {
  let at = 0;
  let asked = 0;
  const readiness = readinessWith(() => {
    asked++;
    return Promise.resolve(STATE);
  }, { elapsed: () => at });
  await Promise.all([1, 2, 3].map(() => readiness.report()));
  assert.equal(asked, 1, "at once");
  at = REPORT_TTL_MS - 1;
  await readiness.report();
  assert.equal(asked, 1, "within the second");
  at = REPORT_TTL_MS;
  await readiness.report();
  assert.equal(asked, 2, "after it");
});

Deno.test("LoopWatch: is alive until no pass has begun for a time, and where no loop runs", async () => {
  let at = 0;
  const loop = createLoopWatch(() => at);
  const work = idleWork();
  at = 10 * LOOP_SILENCE_MS;
  assert.equal(loop.isAlive(), true, "no loop runs");
  const watched = loop.watch(work);
  at += LOOP_SILENCE_MS;
  assert.equal(loop.isAlive(), true);
  at++;
  assert.equal(loop.isAlive(), false);
  await watched.nextDueAt();
  assert.equal(loop.isAlive(), true);
});
