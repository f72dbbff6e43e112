/** Serves the application over HTTP on Deno, with the background loop beside it, until a stop signal. */
import { errorName } from "../domain/text/error_name.ts";
import type { Database } from "../adapters/libsql/connection/database.ts";
import { runLoop } from "../application/background/loop.ts";
import type { Application } from "./application.ts";
import type { Config } from "./config.ts";
import { batchLog, exitProcess, writeLog } from "./log.ts";
import { watchParent } from "./process/ancestors.ts";
import { watchDatabase } from "./process/database_watch.ts";
import { handleLastResort } from "./process/last_resort.ts";
import type { ProcessArguments } from "./process/server_arguments.ts";
import { startListener } from "./start_listener.ts";
// The loop's first pass loads it on demand. Deno 2.9.6 panics when it first loads a TypeScript module while the process has
// no descriptor left, so it is loaded before the listener accepts connections.
import "./retention.ts";

/** How long work in flight may take to end after a stop signal. */
export interface DrainLimits {
  /** After so many milliseconds the process exits with 1. */
  readonly exitMs: number;
  /** After so many milliseconds `cutOff` is aborted, so that results can still be recorded; absent, it is not. */
  readonly cutOffMs?: number;
}

/** The limits of a process on a machine of its own. */
const SERVER_DRAIN: DrainLimits = { exitMs: 20_000 };

/** How a process serves, beside its configuration. */
export interface ServeOptions {
  /**
   * Its signal stops the server. {@link serve} aborts it on a stop signal (SIGINT, SIGTERM), an uncaught error, or the
   * parent's end.
   */
  readonly stopping: AbortController;
  /** Its signal gives up calls of providers that are under way. */
  readonly cutOff?: AbortController;
  /** By default 20 seconds, without a cut-off. */
  readonly drain?: DrainLimits;
  /** Runs the background work until its signal is aborted; by default {@link runLoop}. */
  readonly runBackground?: RunBackground;
  readonly onListening: (port: number) => void;
  /** Arguments of the command line, which the launcher sets. */
  readonly process: ProcessArguments;
}

/** Runs the background work until the signal is aborted, and resolves when attempts in flight have ended. */
export type RunBackground = (
  application: Application,
  options: Parameters<typeof runLoop>[1],
) => Promise<void>;

/**
 * Serves until SIGINT, SIGTERM, an uncaught error or the end of the parent that started it. Then it accepts no more
 * requests, waits for work in flight, up to 20 seconds by default, and ends the process: with 0, or 1 when that time is
 * over, or 70 after an uncaught error.
 *
 * @throws ConfigError when the address cannot be listened on
 */
export async function serve(
  config: Config,
  db: Database,
  application: Application,
  { stopping, onListening, process, ...options }: ServeOptions,
): Promise<void> {
  const inFlight = new Set<Promise<unknown>>();
  const context = {
    waitUntil(work: Promise<unknown>) {
      const tracked = work.finally(() => inFlight.delete(tracked));
      inFlight.add(tracked);
    },
    passThroughOnException() {},
    props: {},
  };
  const endWatch = await watchDatabase({
    url: config.database.url,
    lost: db.lost,
    log: writeLog,
    exit: Deno.exit,
  });
  // Before it listens: a signal may follow at once.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => stopping.abort());
  }
  const listener = await startListener(
    { config, log: writeLog, descriptorLimit: process.descriptorLimit, onListening },
    (request, { remoteAddress }) => application.app.fetch(request, { remoteAddress }, context),
  );
  batchLog();
  const { runBackground = watchedLoop, drain = SERVER_DRAIN } = options;
  const loop = runBackground(application, {
    clock: application.clock,
    log: writeLog,
    signal: stopping.signal,
  });
  const stopped = new Promise((resolve) => stopping.signal.addEventListener("abort", resolve));
  let exitCode = 0;
  if (process.endsWithParent) watchParent(() => stopping.abort());
  handleLastResort(writeLog, (code) => {
    exitCode = code;
    stopping.abort();
  });
  if (!stopping.signal.aborted) await stopped;
  writeLog({ event: "stopping", under_way: inFlight.size });
  const timers = [
    setTimeout(() => void exitProcess(exitCode || 1), drain.exitMs),
    ...(drain.cutOffMs === undefined
      ? []
      : [setTimeout(() => options.cutOff?.abort(), drain.cutOffMs)]),
  ];
  await listener.shutdown();
  await loop;
  while (inFlight.size > 0) await Promise.allSettled(inFlight);
  // Closing removes the database's log.
  endWatch();
  await shutDown(db);
  timers.forEach(clearTimeout);
  writeLog({ event: "stopped" });
  await exitProcess(exitCode);
}

/** Runs the loop, and records its passes for `GET /readyz`. */
export const watchedLoop: RunBackground = ({ backgroundWork, loop }, options) =>
  runLoop(loop.watch(backgroundWork), options);

/**
 * Closes the database, which writes its log (`-wal`) into the file. A failure is logged: the next start reads the log.
 */
async function shutDown(db: Pick<Database, "shutDown">): Promise<void> {
  try {
    await db.shutDown();
  } catch (error) {
    writeLog({
      event: "checkpoint-failed",
      error: errorName(error),
    });
  }
}
