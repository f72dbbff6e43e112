import { createGuessCounter } from "../application/access/guess_counter.ts";
import { createReceiveText } from "../application/inbound/receive_text.ts";
import { answerRefusedGuess } from "./answer_by_path.ts";
import type { AppPorts } from "./app_ports.ts";
import { createDev } from "./dev/app.tsx";
import { createDownloads } from "./files/app.tsx";
import { createHealthRoutes } from "./health/app.ts";
import { createClientOf } from "./http/client_address.ts";
import type { AppEnv } from "./http/context.ts";
import { requireDevelopmentHost } from "./http/development_host.ts";
import { internalError, notFound } from "./http/plain_errors.ts";
import { logRequests, toSecurityEntry } from "./http/request_log.ts";
import { slowGuesses } from "./http/slow_guesses.ts";
import { createInbound } from "./inbound/app.ts";
import { createManage } from "./manage/app.ts";
import { createMetricsRoutes } from "./metrics/app.ts";
import { mountRegistry } from "./mount_registry.ts";
import { isForPeople, mountWeb } from "./mount_web.ts";
import { createV2 } from "./notify/v2/app.ts";
import { create2016 } from "./notify/v2016/app.ts";
import { createReceipts } from "./receipts/app.ts";
import { registryProblem } from "./registry/problem.ts";
import { createUnsubscribe } from "./unsubscribe/app.tsx";
import { createUseCases } from "./use_cases.ts";
import { Hono } from "hono";

/**
 * Creates the HTTP application with every API. The APIs share one set of use cases, and so one cache of rate limits for
 * this process.
 */
export function createApp(ports: AppPorts): Hono<AppEnv> {
  const { clock, management, notifications, publicUrl, unsubscribes } = ports;
  const { documents, mailbox, firstSteps, registry } = ports;
  const useCases = createUseCases(ports);
  const app = new Hono<AppEnv>();
  addRequestLog(app, ports);

  app.use("/dev/*", requireDevelopmentHost(publicUrl));

  app.route("/", createHealthRoutes(ports));
  app.route("/", createMetricsRoutes(ports));
  app.use((_c, next) => ports.withinStoreBudget(next));

  const web = mountWeb(app, ports, useCases.accounts);

  app.route(
    "/",
    createV2({
      ...useCases,
      clock,
      readSheet: ports.readSheet,
      contexts: ports.contexts,
      notifications,
      inbound: ports.inbound,
      templates: management,
      publicUrl,
      templateAuthor: `operator@${ports.defaults.emailDomain}`,
    }),
  );
  app.route("/", create2016({ ...useCases, notifications, publicUrl }));
  app.route(
    "/",
    createManage({
      clock,
      store: management,
      contexts: ports.contexts,
      jobs: ports.jobs,
      uploads: useCases.uploads,
      readSheet: ports.readSheet,
      notifications,
      unsubscribes,
      providers: ports.providerManagement,
      callbacks: ports.callbacks,
      statistics: ports.statistics,
      queues: ports.queues,
      deadLetters: ports.deadLetters,
      receipts: ports.receipts,
      inbound: ports.inbound,
      suppressions: ports.suppressions,
      accounts: useCases.accounts,
      publicUrl,
      version: ports.version,
      adminToken: ports.adminToken,
    }),
  );
  app.route("/", createUnsubscribe({ clock, unsubscribes }));
  app.route(
    "/",
    createReceipts({
      clock,
      receipts: ports.receipts,
      readers: ports.receiptReaders,
      unconfigured: ports.unconfiguredProviders,
      log: ports.log,
    }),
  );
  // Nothing authenticates the texts of the sandbox, which only development has.
  if (ports.inboundReaders["sandbox"] !== undefined) {
    app.use("/inbound/sandbox", requireDevelopmentHost(publicUrl));
  }
  app.route(
    "/",
    createInbound({ receiveText: createReceiveText(ports), readers: ports.inboundReaders }),
  );
  if (registry !== undefined) mountRegistry(app, ports, registry, useCases);
  if (documents !== undefined) app.route("/", createDownloads({ clock, documents }));
  if (mailbox !== undefined) {
    const hasInbox = registry?.demo !== undefined;
    const { movableClock } = ports;
    app.route("/", createDev({ mailbox, firstSteps, hasInbox, clock, movableClock }));
  }

  app.notFound((c) => {
    if (c.req.path.startsWith("/api/")) {
      return registryProblem(c, { status: 404, message: "There is nothing at this address" });
    }
    return isForPeople(c) ? web(c) : notFound(c);
  });
  // For what belongs to no API; each API has its own.
  app.onError((_error, c) => internalError(c));
  return app;
}

/** Logs requests and their security events, and slows failed guesses of credentials. */
function addRequestLog(
  app: Hono<AppEnv>,
  { clientAddress, clock, log, securityLog, metrics }: AppPorts,
): void {
  const clientOf = createClientOf(clientAddress);
  app.use(logRequests({ clock, log, securityLog, clientOf, metrics }));
  app.use(slowGuesses({
    clock,
    clientOf,
    guesses: createGuessCounter(),
    tooMany: answerRefusedGuess,
    onLimit: (c) =>
      securityLog.write(
        toSecurityEntry(
          { kind: "limit-reached", limit: "guesses" },
          c.get("requestLog"),
          clientOf(c),
        ),
      ),
  }));
}
