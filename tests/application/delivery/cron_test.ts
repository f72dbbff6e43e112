import assert from "node:assert/strict";
import { createClock } from "../../../adapters/clock.ts";
import type { JobId, ServiceId } from "../../../domain/ids.ts";
import { JobError } from "../../../domain/jobs/job_error.ts";
import type { BackgroundWork } from "../../../application/background/background_work.ts";
import { runLoop } from "../../../application/background/loop.ts";
import { runCron } from "../../../application/background/runs.ts";
import type { LogEntry } from "../../../domain/ports/log.ts";

const [serviceId, id] = [crypto.randomUUID() as ServiceId, crypto.randomUUID() as JobId];
const JOB_TOLD = {
  event: "jobs-failed",
  error: "SyntaxError",
  service_id: serviceId,
  job_id: id,
};

/** Background work that records its calls; each part fails with its configured error. */
function newWork(
  done: string[],
  failures: Readonly<Partial<Record<keyof BackgroundWork, Error>>>,
): BackgroundWork {
  const noted = async (name: keyof BackgroundWork) => {
    done.push(name);
    await Promise.resolve();
    const failure = failures[name];
    if (failure !== undefined) throw failure;
  };
  return {
    nextDueAt: () => Promise.resolve(0),
    async dispatch() {
      await noted("dispatch");
      return { claimed: 0, ended: Promise.resolve(0) };
    },
    async runJobs() {
      await noted("runJobs");
      return {};
    },
    runCallbacks: () => noted("runCallbacks"),
    announcePauses: () => noted("announcePauses"),
    runDeadLetters: () => noted("runDeadLetters"),
    purge: () => noted("purge"),
    announceUnfinished: () => noted("announceUnfinished"),
  };
}

Deno.test("runCron: announces to the work queue what it leaves, and nothing when it leaves nothing", async () => {
  for (const rest of [{ more: true }, {}] as const) {
    const done: string[] = [];
    const work: BackgroundWork = {
      ...newWork(done, { announceUnfinished: new TypeError("x") }),
      dispatch: () => Promise.resolve({ claimed: 0, ended: Promise.resolve(0), ...rest }),
    };
    const logged: LogEntry[] = [];
    const { signal } = new AbortController();
    await runCron(work, { log: (entry) => logged.push(entry), signal });
    const isMore = "more" in rest;
    assert.equal(done.includes("announceUnfinished"), isMore);
    assert.deepEqual(logged, isMore ? [{ event: "announcement-failed", error: "TypeError" }] : []);
    assert.equal(done.at(-1), "purge");
  }
});

Deno.test("runCron: continues with the other parts when one fails, and logs the job that failed", async () => {
  const [done, logged]: [string[], LogEntry[]] = [[], []];
  const work = newWork(done, { runJobs: new JobError({ serviceId, id }, new SyntaxError("x")) });
  await runCron(work, {
    log: (entry) => logged.push(entry),
    signal: new AbortController().signal,
  });
  assert.deepEqual(done, [
    "dispatch",
    "runJobs",
    "announcePauses",
    "runDeadLetters",
    "dispatch",
    "runCallbacks",
    "purge",
  ]);
  assert.deepEqual(logged, [JOB_TOLD]);
});

Deno.test("runCron: purges when dispatch fails", async () => {
  const [done, logged]: [string[], LogEntry[]] = [[], []];
  await runCron(newWork(done, { dispatch: new RangeError("x"), purge: new TypeError("x") }), {
    log: (entry) => logged.push(entry),
    signal: new AbortController().signal,
  });
  assert.deepEqual(done, [
    "dispatch",
    "runJobs",
    "announcePauses",
    "runDeadLetters",
    "dispatch",
    "runCallbacks",
    "purge",
  ]);
  assert.deepEqual(logged.map(({ error }) => error), ["RangeError", "RangeError", "TypeError"]);
});

Deno.test("runLoop: logs the job that failed", async () => {
  const stop = new AbortController();
  const logged: LogEntry[] = [];
  await runLoop(
    newWork([], { runJobs: new JobError({ serviceId, id }, new SyntaxError("x")) }),
    {
      clock: createClock(() => 0),
      log: (entry) => {
        logged.push(entry);
        stop.abort();
      },
      signal: stop.signal,
    },
  );
  assert.deepEqual(logged, [JOB_TOLD]);
});
