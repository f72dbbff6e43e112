/** Serves the application over HTTP on Deno, with the background loop beside it, until a stop signal. */
import { createClock } from "../adapters/clock.ts";
import { type Database, openDatabase } from "../adapters/libsql/connection/database.ts";
import { SchemaError } from "../adapters/libsql/schema/migrations.ts";
import { runLoop } from "../application/worker_loop.ts";
import type { Application } from "./application.ts";
import { type Config, ConfigError } from "./config.ts";
import { writeLog } from "./log.ts";

/** The most time that work in flight may take to end after a stop signal; then the process exits with 1. */
const DRAIN_TIMEOUT_MS = 20_000;

/**
 * The `fetch` for provider calls on Deno: it opens a connection for each request. On a reused connection Deno repeats
 * a POST that got no answer, without telling the caller: a message could go out twice unmarked.
 */
export function createProviderFetch(): typeof fetch {
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  return (input, init) => fetch(input, { ...init, client });
}

/**
 * Opens the database and checks or migrates its schema.
 *
 * @throws ConfigError when the database cannot be opened
 * @throws SchemaError when `prepareSchema` does
 */
export async function openPreparedDatabase(
  config: Config["database"],
  prepareSchema: (db: Database) => Promise<unknown>,
): Promise<Database> {
  try {
    const db = await openDatabase(config);
    await prepareSchema(db);
    return db;
  } catch (cause) {
    if (cause instanceof SchemaError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`DATABASE_URL cannot be opened: ${reason}`, { cause });
  }
}

/**
 * Serves until SIGINT or SIGTERM. Then it accepts no more requests, waits for work in flight and exits.
 *
 * @param stopping aborted on a stop signal
 * @throws ConfigError when the port cannot be listened on
 */
export async function serve(
  config: Config,
  db: Database,
  application: Application,
  stopping: AbortController,
  onListening: (port: number) => void,
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
  const server = listen(
    config.port,
    onListening,
    (request) => application.app.fetch(request, {}, context),
  );
  const loop = runLoop(application.backgroundWork, {
    clock: createClock(),
    log: writeLog,
    signal: stopping.signal,
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => stopping.abort());
  }
  await new Promise((resolve) => stopping.signal.addEventListener("abort", resolve));
  writeLog({ event: "stopping", under_way: inFlight.size });
  const timer = setTimeout(() => Deno.exit(1), DRAIN_TIMEOUT_MS);
  await server.shutdown();
  await loop;
  while (inFlight.size > 0) await Promise.allSettled(inFlight);
  clearTimeout(timer);
  db.close();
  writeLog({ event: "stopped" });
  Deno.exit(0);
}

function listen(
  port: number,
  onListening: (port: number) => void,
  handler: Deno.ServeHandler,
): Deno.HttpServer {
  try {
    return Deno.serve({ port, onListen: (address) => onListening(address.port) }, handler);
  } catch (cause) {
    const reason = cause instanceof Deno.errors.AddrInUse
      ? "is in use: stop what listens there"
      : cause instanceof Deno.errors.PermissionDenied
      ? "may not be listened on by this user: ports below 1024 are for root"
      : undefined;
    if (reason === undefined) throw cause;
    throw new ConfigError(`PORT ${port} ${reason}, or set another`, { cause });
  }
}
