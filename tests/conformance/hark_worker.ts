/** A Worker of Hark with a database, in a real workerd. */
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "../support/migrated.ts";
import { createHrana, type Hrana } from "../support/hrana.ts";
import { SANDBOX_ENVIRONMENT } from "../support/process.ts";
import {
  bundleWorker,
  type EmulatedQueue,
  type RunningWorker,
  startWorker,
  type WorkerBundle,
  type WorkerOptions,
} from "../support/workerd.ts";
import type { Reach } from "./services.ts";

/** The variables of the database of {@link startHarkWorker}. */
export const DATABASE = {
  DATABASE_URL: "https://db.internal",
  DATABASE_AUTH_TOKEN: "database-token",
};
/** The variables of a Worker whose providers are sandboxes. */
export const BINDINGS = { ...SANDBOX_ENVIRONMENT, ...DATABASE };

let bundled: Promise<WorkerBundle> | undefined;

/** Bundles the Worker once for a file of tests. */
export const bundleOnce = (): Promise<WorkerBundle> => bundled ??= bundleWorker();

/** A Worker with an empty database of the current schema; its other calls go to `fetch`. */
export async function startHarkWorker(
  bindings: Readonly<Record<string, string>>,
  buckets: readonly string[] = [],
  sqliteObjects: Readonly<Record<string, string>> = {},
  {
    queue,
    script = bundleOnce(),
    clock = Date.now,
    logStatements = false,
    inspected = false,
    onLine,
    beforeCall = () => Promise.resolve(),
    // The Worker itself follows a redirect, or does not.
    others = (request) => fetch(request, { redirect: "manual" }),
  }: {
    readonly queue?: EmulatedQueue;
    readonly script?: Promise<WorkerBundle>;
    /** The database's clock, which is Hark's. */
    readonly clock?: () => number;
    /** Gets each line of its log. */
    readonly onLine?: (line: string) => void;
    /** Holds a call back, of the database or of another host, until it resolves. */
    readonly beforeCall?: (request: Request) => Promise<void>;
    /** Answers the calls of other hosts; they themselves do by default. */
    readonly others?: (request: Request) => Promise<Response>;
    /** Whether the database keeps the texts of its statements. */
    readonly logStatements?: boolean;
    /** Whether its isolate can be inspected. */
    readonly inspected?: boolean;
  } = {},
): Promise<
  AsyncDisposable & {
    readonly worker: RunningWorker;
    readonly reach: Reach;
    /** Starts another workerd on the same database, which the caller closes. */
    startAnother(bindings?: Readonly<Record<string, string>>): Promise<RunningWorker>;
    readonly db: Database;
    readonly hrana: Hrana;
  }
> {
  const hrana = createHrana(":memory:", {
    authToken: DATABASE.DATABASE_AUTH_TOKEN,
    clock,
    logStatements,
  });
  const db = await openDatabase({
    url: DATABASE.DATABASE_URL,
    authToken: DATABASE.DATABASE_AUTH_TOKEN,
    fetch: hrana.fetch,
  });
  await migrateEmpty(db, clock());
  const options: WorkerOptions = {
    script: await script,
    bindings,
    buckets,
    inspected,
    ...(queue === undefined ? {} : { queue }),
    sqliteObjects,
    onLine,
    async outbound(request) {
      await beforeCall(request);
      const isDatabase = new URL(request.url).host === "db.internal";
      return isDatabase ? await hrana.fetch(request) : await others(request);
    },
  };
  const worker = await startWorker(options);
  return {
    worker,
    reach: worker.fetch,
    startAnother: (changed = {}) =>
      startWorker({ ...options, bindings: { ...bindings, ...changed } }),
    db,
    hrana,
    async [Symbol.asyncDispose]() {
      db.close();
      await worker.close();
      await hrana.close();
    },
  };
}
