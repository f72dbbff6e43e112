/** Hark on Cloudflare Workers. */
import { createR2Blobs, isR2Bucket } from "../adapters/blobs/r2.ts";
import { openDatabase } from "../adapters/libsql/connection/database.ts";
import { ConfigError, readConfig } from "./config.ts";
import { VARIABLES } from "./environment.ts";
import { runCron } from "../application/worker_loop.ts";
import { compose, type Hark } from "./application.ts";
import { writeLog } from "./runtime_options.ts";

/** What Workers pass beside the request. */
interface WorkerContext {
  waitUntil(work: Promise<unknown>): void;
  passThroughOnException(): void;
  readonly props: unknown;
}

type WorkerEnvironment = Readonly<Record<string, unknown>>;

/** Makes the handlers of a Worker. */
export function createWorker() {
  // One for each isolate; the environment of an isolate never changes.
  let hark: Hark | undefined;
  async function harkOf(env: WorkerEnvironment): Promise<Hark> {
    if (hark !== undefined) return hark;
    const given = Object.fromEntries(VARIABLES.map((name) => [name, env[name]]));
    const config = readConfig(given, "production");
    if (config.database.url.startsWith("file:")) {
      throw new ConfigError("DATABASE_URL must be http(s)://… or libsql://… on a Worker");
    }
    if (config.filesDir !== undefined) {
      throw new ConfigError("FILES_DIR is for Deno; on a Worker bind an R2 bucket as FILES");
    }
    const blobs = isR2Bucket(env.FILES) ? createR2Blobs(env.FILES) : undefined;
    const db = await openDatabase({ ...config.database, clientPerCall: true });
    return hark = await compose(config, db, { blobs, fetchPerCall: true });
  }
  return {
    async fetch(request: Request, env: WorkerEnvironment, context: WorkerContext) {
      try {
        return await (await harkOf(env)).app.fetch(request, {}, context);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        // The message names variables and never shows their values.
        writeLog({ event: "cannot-start", error: error.message });
        return new Response(`Hark cannot start.\n${error.message}\n`, { status: 503 });
      }
    },
    async scheduled(_event: unknown, env: WorkerEnvironment) {
      const { tick } = await harkOf(env);
      await runCron(tick, { log: writeLog, signal: AbortSignal.timeout(50_000) });
    },
  };
}
