/** The application on Deno Deploy: it is started by a request or a cron job, and stopped when none comes. */
import { requireSchema } from "../../adapters/libsql/schema/schema_version.ts";
import type { BackgroundWork } from "../../application/background/background_work.ts";
import { runCron } from "../../application/background/runs.ts";
import { SECOND_MS } from "../../domain/time/durations.ts";
import { isExplained } from "../cannot_start.ts";
import { serveProduction } from "../commands/serve_production.ts";
import { ConfigError, readConfig, warningsOf } from "../config.ts";
import { exitProcess, writeLog } from "../log.ts";
import { openPreparedDatabase } from "../open_database.ts";
import { type DrainLimits, type RunBackground, watchedLoop } from "../serve.ts";
import { findLostFiles } from "./platform.ts";

/** The timeline of the platform that serves the public; the others are previews and branches. */
const PRODUCTION_TIMELINE = "production";

/**
 * The platform kills a process 5 seconds after SIGINT. Calls of providers that still go on after 2.5 seconds are given up,
 * so that there is time to record their outcomes as unknown.
 */
const DRAIN: DrainLimits = { cutOffMs: 2_500, exitMs: 4_500 };

/** How long one run of the cron job starts new work: the platform skips a run while the run before goes on. */
const CRON_MS = 50 * SECOND_MS;

/** The application of one process. */
export interface Deployment {
  /** Serves until a stop signal, then ends the process. When it cannot start, logs why and ends the process with 1. */
  serve(): Promise<void>;
  /** Runs the work that is due, for {@link CRON_MS} at most. Does nothing in a timeline other than `production`. */
  runCron(): Promise<void>;
}

/** Creates the application. It reads the configuration and opens the database in `serve`. */
export function createDeployment(): Deployment {
  const sends = Deno.env.get("DENO_TIMELINE") === PRODUCTION_TIMELINE;
  const started = Promise.withResolvers<{ work: BackgroundWork; signal: AbortSignal }>();
  const runs = new Set<Promise<unknown>>();
  const dispatches = new Set<Promise<unknown>>();
  const runBackground: RunBackground = async (application, options) => {
    const work = trackDispatches(application.backgroundWork, dispatches);
    started.resolve({ work, signal: options.signal });
    // An instance that runs anyway sends at once what becomes due.
    await watchedLoop({ ...application, backgroundWork: work }, options);
    await Promise.all(runs);
  };
  return {
    async serve() {
      try {
        await serve(sends ? { sends, runBackground } : { sends, runBackground: doNothing });
      } catch (error) {
        if (!isExplained(error)) throw error;
        writeLog({ event: "cannot-start", error: error.message });
        await exitProcess(1);
      }
    },
    async runCron() {
      if (!sends) return;
      const { work, signal: stopping } = await started.promise;
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(CRON_MS)]);
      const run = runCron(work, { log: writeLog, signal });
      const { claimed, sent } = await track(runs, run);
      // The platform may stop the process when the job has ended: the loop may have claimed what was due.
      await Promise.allSettled(dispatches);
      writeLog({ event: "cron", claimed, sent });
    },
  };
}

/** Keeps each dispatch in the set until its attempts have ended. */
function trackDispatches(work: BackgroundWork, dispatches: Set<Promise<unknown>>): BackgroundWork {
  return {
    ...work,
    async dispatch(signal) {
      const dispatched = work.dispatch(signal);
      track(dispatches, dispatched.then(({ ended }) => ended)).catch(() => {});
      return await dispatched;
    },
  };
}

/** Keeps a promise in the set while it is pending. */
function track<T>(set: Set<Promise<unknown>>, promise: Promise<T>): Promise<T> {
  const tracked = promise.finally(() => set.delete(tracked));
  set.add(tracked);
  return tracked;
}

const doNothing: RunBackground = () => Promise.resolve();

async function serve(hosting: Parameters<typeof serveProduction>[2]): Promise<void> {
  const config = readConfig(Deno.env.toObject(), "production");
  const problems = findLostFiles(config);
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  for (const warning of warningsOf(config)) writeLog({ event: "warning", warning });
  const db = await openPreparedDatabase(config.database, requireSchema);
  await serveProduction(config, db, { ...hosting, drain: DRAIN });
}
