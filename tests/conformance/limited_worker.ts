/**
 * A Worker of Hark whose outgoing calls are limited and counted as the platform does it: an answer of the database takes
 * 30 ms, and six calls at most are answered at a time. The limit is of all invocations together, so a test runs one.
 */
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrate } from "../../adapters/libsql/schema/migrations.ts";
import { createHrana, type Hrana } from "../support/hrana.ts";
import { type RunningWorker, startWorker } from "../support/workerd.ts";
import { bundleOnce, DATABASE } from "./hark_worker.ts";
import type { Reach } from "./services.ts";

/** How long the database takes to answer, in milliseconds. */
export const DATABASE_LATENCY_MS = 30;
/** The calls that the platform lets an invocation have open. */
export const PLATFORM_CONNECTIONS = 6;

/** The calls that a Worker made since the last reset. */
export interface CallCounts {
  readonly database: number;
  readonly others: number;
  /** The most that were open at a time, those that the platform would have made wait included. */
  readonly mostOpen: number;
}

/** A Worker with limited calls. */
export interface LimitedWorker extends AsyncDisposable {
  readonly worker: RunningWorker;
  readonly reach: Reach;
  /** The database from outside: its calls are not counted. */
  readonly db: Database;
  readonly hrana: Hrana;
  counts(): CallCounts;
  resetCounts(): void;
}

/** Starts the Worker. Its other calls go to `answer`. */
export async function startLimitedWorker(
  bindings: Readonly<Record<string, string>>,
  answer: (request: Request) => Promise<Response> = (request) => fetch(request),
): Promise<LimitedWorker> {
  const hrana = createHrana(":memory:", { authToken: DATABASE.DATABASE_AUTH_TOKEN });
  const db = await openDatabase({
    url: DATABASE.DATABASE_URL,
    authToken: DATABASE.DATABASE_AUTH_TOKEN,
    fetch: hrana.fetch,
  });
  await migrate(db, Date.now());
  let [database, others, open, mostOpen] = [0, 0, 0, 0];
  const waiting: (() => void)[] = [];

  /** Runs a call when fewer than six are open. */
  async function inTurn(run: () => Promise<Response>): Promise<Response> {
    open++;
    mostOpen = Math.max(mostOpen, open);
    if (open > PLATFORM_CONNECTIONS) await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await run();
    } finally {
      open--;
      waiting.shift()?.();
    }
  }

  const worker = await startWorker({
    script: await bundleOnce(),
    bindings: { ...DATABASE, ...bindings },
    outbound(request) {
      const isDatabase = new URL(request.url).host === "db.internal";
      if (isDatabase) database++;
      else others++;
      return inTurn(async () => {
        if (!isDatabase) return await answer(request);
        await new Promise((resolve) => setTimeout(resolve, DATABASE_LATENCY_MS));
        return await hrana.fetch(request);
      });
    },
  });
  return {
    worker,
    reach: worker.fetch,
    db,
    hrana,
    counts: () => ({ database, others, mostOpen }),
    resetCounts() {
      [database, others, mostOpen] = [0, 0, open];
    },
    async [Symbol.asyncDispose]() {
      db.close();
      await worker.close();
      await hrana.close();
    },
  };
}
