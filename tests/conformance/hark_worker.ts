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
  }: {
    readonly queue?: EmulatedQueue;
    readonly script?: Promise<WorkerBundle>;
    /** The database's clock, which is Hark's. */
    readonly clock?: () => number;
    /** Gets each line of its log. */
    readonly onLine?: (line: string) => void;
    /** Whether the database keeps the texts of its statements. */
    readonly logStatements?: boolean;
    /** Whether its isolate can be inspected. */
    readonly inspected?: boolean;
  } = {},
): Promise<
  AsyncDisposable & {
    readonly worker: RunningWorker;
    readonly reach: Reach;
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
  const worker = await startWorker({
    script: await script,
    bindings,
    buckets,
    inspected,
    ...(queue === undefined ? {} : { queue }),
    sqliteObjects,
    onLine,
    outbound: (request) =>
      new URL(request.url).host === "db.internal"
        ? hrana.fetch(request)
        // The Worker itself follows a redirect, or does not.
        : fetch(request, { redirect: "manual" }),
  });
  return {
    worker,
    reach: worker.fetch,
    db,
    hrana,
    async [Symbol.asyncDispose]() {
      db.close();
      await worker.close();
      await hrana.close();
    },
  };
}
