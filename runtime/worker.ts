/** The application on Cloudflare Workers. */
import { type Invocation, runInvocation } from "../adapters/invocation/invocation.ts";
import { createSecurityLog } from "../application/access/security_log.ts";
import { runCron } from "../application/worker_loop.ts";
import { StoreUnavailable } from "../domain/ports/store_unavailable.ts";
import { createUnavailableApp } from "../routes/unavailable_app.ts";
import { ConfigError } from "./config.ts";
import { writeLog } from "./log.ts";
import { VERSION } from "./version.ts";
import { answerSocketRequest, INBOXES_BINDING, openInboxObjects } from "./worker/inbox_sockets.ts";
import type { LoadApplication, WorkerEnvironment } from "./worker/load_application.ts";

/** The argument that Workers pass beside the request. */
interface WorkerContext {
  waitUntil(work: Promise<unknown>): void;
  passThroughOnException(): void;
  readonly props: unknown;
}

/** The most time that the work of one scheduled event starts anything new. */
const CRON_TIMEOUT_MS = 50_000;

/** Answered even where the configuration is refused: it says that the Worker runs, not that it serves. */
const HEALTH_PATH = "/healthz";

/**
 * Creates the handlers of a Cloudflare Worker: `fetch` answers requests, `scheduled` runs background work at each cron
 * event. The first event of an isolate reads the configuration and opens the database. `fetch` answers 503 when the
 * configuration is refused or the database is unavailable.
 */
export function createWorker(loadApplication: LoadApplication) {
  const securityLog = createSecurityLog(Date.now, writeLog);
  const unavailableApp = createUnavailableApp({
    version: VERSION,
    newId: () => crypto.randomUUID(),
  });
  return {
    async fetch(request: Request, env: WorkerEnvironment, context: WorkerContext) {
      try {
        const { app, keyUses, registry } = await loadApplication(env);
        const upgraded = registry &&
          await answerSocketRequest(
            request,
            () => openInboxObjects(env[INBOXES_BINDING], writeLog),
          );
        if (upgraded !== undefined) return upgraded;
        const answer = await runInvocation(
          invocationOf("fetch", context),
          () => app.fetch(request, {}, context),
        );
        // The isolates that answer requests have no background work. Most requests have noted nothing.
        context.waitUntil(keyUses.write().catch(() => {}));
        return answer;
      } catch (error) {
        if (error instanceof StoreUnavailable) {
          writeLog({ event: "store-unavailable", code: error.code });
          return await unavailableApp.fetch(request, {}, context);
        }
        if (!(error instanceof ConfigError)) throw error;
        // The message names variables and never shows their values.
        securityLog.write({ event: "cannot-start", error: error.message });
        if (new URL(request.url).pathname === HEALTH_PATH) {
          return Response.json({ status: "ok", version: VERSION });
        }
        return new Response(`Hark cannot start.\n${error.message}\n`, { status: 503 });
      }
    },
    async scheduled(
      _event: unknown,
      env: WorkerEnvironment,
      context: Pick<WorkerContext, "waitUntil">,
    ) {
      const { backgroundWork } = await loadApplication(env);
      await runInvocation(invocationOf("scheduled", context), () =>
        runCron(backgroundWork, {
          log: writeLog,
          signal: AbortSignal.timeout(CRON_TIMEOUT_MS),
        }));
    },
  };
}

function invocationOf(kind: string, context: Pick<WorkerContext, "waitUntil">): Invocation {
  return { kind, waitUntil: (work) => context.waitUntil(work) };
}
