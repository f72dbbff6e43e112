/** The application on Cloudflare Workers. */
import type { InboxObjects } from "../adapters/durable_objects/inbox_objects.ts";
import {
  type Invocation,
  type InvocationKind,
  perInvocation,
  runInvocation,
  withPlatformLimit,
} from "../adapters/invocation/invocation.ts";
import { runWithTail } from "../adapters/invocation/tail.ts";
import { openDatabase } from "../adapters/libsql/connection/database.ts";
import { SchemaError } from "../adapters/libsql/schema/schema_error.ts";
import { createSecurityLog } from "../application/access/security_log.ts";
import { MAX_TAIL_WORK_MS, runCron, runTail } from "../application/background/runs.ts";
import { StoreUnavailable } from "../domain/ports/store_unavailable.ts";
import { socketPathOf } from "../routes/registry/inbox/socket_path.ts";
import { createUnavailableApp } from "../routes/unavailable_app.ts";
import { type Application, createApplication } from "./application.ts";
import { ConfigError, readConfig, warningsOf } from "./config.ts";
import { VARIABLES } from "./environment.ts";
import { writeLog } from "./log.ts";
import { requireMasterKeys } from "./master_key_check.ts";
import { VERSION } from "./version.ts";
import { databaseOf, nameOtherClass } from "./worker/database_binding.ts";
import { openFilesBucket } from "./worker/files_binding.ts";
import { createInvocations } from "./worker/invocations.ts";
import { handleQueue, openWorkQueue, type QueueBatch } from "./worker/queue.ts";
import {
  answerSocketRequest,
  INBOXES_BINDING,
  NO_INBOXES,
  openInboxObjects,
} from "./worker/inbox_sockets.ts";

/** The context that the platform passes to each handler. */
interface WorkerContext {
  waitUntil(work: Promise<unknown>): void;
  passThroughOnException(): void;
  readonly props: unknown;
}

/** The variables, secrets and bindings of a Worker. */
export type WorkerEnvironment = Readonly<Record<string, unknown>>;

/**
 * How long one cron event begins new work, in milliseconds: the next event comes after a minute and goes on. The platform
 * would give it 15 minutes.
 */
const CRON_TIMEOUT_MS = 50_000;

/** The header that Cloudflare sets to the client's address, also when the client sends such a header. */
const CLIENT_ADDRESS_HEADER = "CF-Connecting-IP";

/** The route that is answered 200 also when the configuration is refused: the Worker runs, and serves nothing else. */
const HEALTH_PATH = "/healthz";

/**
 * Creates the handlers of a Cloudflare Worker: `fetch` answers requests, `scheduled` runs background work at each cron
 * event, `queue` handles messages of the work queue. The first event of an isolate reads the configuration and opens the
 * database. `fetch` answers 503 when the configuration is refused or the database is unavailable.
 */
export function createWorker() {
  // One for each isolate; the environment of an isolate never changes.
  let application: Application | undefined;
  let inboxObjects: InboxObjects | undefined;
  const jobs = perInvocation(() => ({ areReady: false }));
  // Called as a plain function: on Workers `fetch` may not be called as a method of another object.
  const send: typeof fetch = (...call) => withPlatformLimit(() => fetch(...call));
  const createInvocation = createInvocations(writeLog);
  const newInvocation = (kind: InvocationKind, env: WorkerEnvironment) =>
    createInvocation(kind, env.WORKERS_PLAN);
  const securityLog = createSecurityLog(Date.now, writeLog);
  const unavailableApp = createUnavailableApp({
    version: VERSION,
    newId: () => crypto.randomUUID(),
  });
  async function loadApplication(env: WorkerEnvironment): Promise<Application> {
    if (application !== undefined) return application;
    const variables = Object.fromEntries(VARIABLES.map((name) => [name, env[name]]));
    const config = readConfig(variables, "production");
    if (config.filesDir !== undefined) {
      throw new ConfigError("FILES_DIR is for Deno; on a Worker bind an R2 bucket as FILES");
    }
    const [{ name, tcpVariable } = {}] = Object.values(config.channels).flat()
      .filter(({ tcpVariable }) => tcpVariable !== undefined);
    if (tcpVariable !== undefined) {
      throw new ConfigError(
        `${tcpVariable} is for Deno: a Worker cannot send through ${name}, unset it and use another provider`,
      );
    }
    const objects = inboxObjects ??= openInboxObjects(env[INBOXES_BINDING], writeLog);
    const blobs = openFilesBucket(env.FILES);
    const workQueue = await openWorkQueue(env.QUEUE, writeLog);
    const db = await openDatabase({
      ...databaseOf(config, env.DATABASE),
      clientPerCall: true,
      fetch: send,
    });
    await requireMasterKeys(db, config).catch((error: unknown) => {
      throw nameOtherClass(error);
    });
    const pollsInboxes = config.registry.keys !== undefined && objects === undefined;
    for (const warning of [...warningsOf(config), ...pollsInboxes ? [NO_INBOXES] : []]) {
      writeLog({ event: "warning", warning });
    }
    return application = await createApplication(config, db, {
      blobs,
      workQueue,
      fetch: send,
      fetchPerCall: true,
      onJobReady: () => void (jobs().areReady = true),
      clientAddressHeader: CLIENT_ADDRESS_HEADER,
      inboxSockets: objects && {
        notify: objects.notify,
        pathOf: (inbox) => objects.areListeners() ? socketPathOf(inbox) : undefined,
      },
    });
  }

  /** Loads the application in an event of the Worker. An event of the inboxes' objects need not ask for their class. */
  async function loadInWorker(env: WorkerEnvironment): Promise<Application> {
    const loaded = await loadApplication(env);
    if (loaded.registry !== undefined) inboxObjects?.checkClass();
    return loaded;
  }

  async function answer(request: Request, env: WorkerEnvironment, context: WorkerContext) {
    const { app, keyUses, backgroundWork, registry } = await loadInWorker(env);
    const upgraded = registry && await answerSocketRequest(request, inboxObjects, writeLog);
    if (upgraded !== undefined) return upgraded;
    const answer = await app.fetch(request, {}, context);
    // The isolates that answer requests have no background work. Most requests have noted nothing.
    context.waitUntil(keyUses.write().catch(() => {}));
    if (jobs().areReady) {
      const signal = AbortSignal.timeout(MAX_TAIL_WORK_MS);
      context.waitUntil(runTail(backgroundWork, { log: writeLog, signal }));
    }
    return answer;
  }

  async function answerOrRefuse(
    request: Request,
    env: WorkerEnvironment,
    context: WorkerContext,
  ): Promise<Response> {
    try {
      return await answer(request, env, context);
    } catch (error) {
      if (error instanceof StoreUnavailable) {
        writeLog({ event: "store-unavailable", code: error.code });
        return await unavailableApp.fetch(request, {}, context);
      }
      if (!(error instanceof ConfigError || error instanceof SchemaError)) throw error;
      // The message names variables and never shows their values.
      securityLog.write({ event: "cannot-start", error: error.message });
      if (new URL(request.url).pathname === HEALTH_PATH) {
        return Response.json({ status: "ok", version: VERSION });
      }
      return new Response(`Hark cannot start.\n${error.message}\n`, { status: 503 });
    }
  }

  async function runScheduled(env: WorkerEnvironment): Promise<void> {
    const { backgroundWork } = await loadInWorker(env);
    await runCron(backgroundWork, {
      log: writeLog,
      signal: AbortSignal.timeout(CRON_TIMEOUT_MS),
    });
  }

  return {
    /** The application of the isolate, and its invocations, for its Durable Objects. */
    loadApplication,
    newInvocation,
    handlers: {
      fetch(request: Request, env: WorkerEnvironment, context: WorkerContext): Promise<Response> {
        const invocation = newInvocation("request", env);
        return within(invocation, context, async () => {
          try {
            return await answerOrRefuse(request, env, context);
          } finally {
            invocation.beginTail();
          }
        });
      },
      scheduled: (_event: unknown, env: WorkerEnvironment, context: WorkerContext): Promise<void> =>
        within(newInvocation("event", env), context, () => runScheduled(env)),
      queue: (batch: QueueBatch, env: WorkerEnvironment, context: WorkerContext): Promise<void> =>
        within(
          newInvocation("event", env),
          context,
          () => handleQueue(batch, () => loadInWorker(env), writeLog),
        ),
    },
  };
}

/** Runs the work of an invocation. Its context's `waitUntil` keeps the invocation alive for work in its tail. */
function within<T>(invocation: Invocation, context: WorkerContext, work: () => T): T {
  return runWithTail(
    (rest) => context.waitUntil(rest),
    () => runInvocation(invocation, work),
  );
}
