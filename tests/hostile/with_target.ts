import assert from "node:assert/strict";
import { startTarget, type Target } from "../fuzz/target.ts";
import { readTroubleOf } from "../support/probe.ts";
import { waitFor } from "../support/process.ts";
import { residentMegabytes } from "./clients.ts";

/** The growth of resident memory that a suite may leave: caches fill, and the collector keeps room. */
const MAX_GROWTH_MB = 100;

/** Addresses of what a process loads by its first request: the memory for it is not the suite's. */
const LOADED_LATER = ["/manage/services", "/unsubscribe/unknown", "/sign-in"] as const;

/** Makes a process load what it loads by its first requests. */
export async function loadEverything({ process }: Pick<Target, "process">): Promise<void> {
  for (const path of LOADED_LATER) {
    const answer = await fetch(`${process.url}${path}`);
    await answer.body?.cancel();
  }
}

/**
 * Runs a suite against a real process. Afterwards the process still lives, its log reports no trouble, its memory has come
 * back, and it stops at SIGTERM.
 */
export async function withTarget(run: (target: Target) => Promise<void>): Promise<void> {
  await using target = await startTarget();
  const { pid } = target;
  const readTrouble = readTroubleOf(target.process);
  readTrouble();
  await loadEverything(target);
  const before = await residentMegabytes(pid).catch(() => Infinity);
  await run(target);
  assert.deepEqual(readTrouble(), []);
  await waitFor(
    "memory to come back",
    async () => before === Infinity || await residentMegabytes(pid) < before + MAX_GROWTH_MB,
  );
  assert.equal((await target.process.kill("SIGTERM")).code, 0);
}
