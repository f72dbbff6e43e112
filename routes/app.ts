import { createGuessCounter } from "../application/access/guess_counter.ts";
import { createReceiveText } from "../application/inbound/receive_text.ts";
import { answerRefusedGuess } from "./answer_by_path.ts";
import type { AppPorts } from "./app_ports.ts";
import { createHealthRoutes } from "./health/app.ts";
import { createClientOf } from "./http/client_address.ts";
import type { AppEnv } from "./http/context.ts";
import { requireDevelopmentHost } from "./http/development_host.ts";
import { internalError, notFound } from "./http/plain_errors.ts";
import { logRequests, toSecurityEntry } from "./http/request_log.ts";
import { slowGuesses } from "./http/slow_guesses.ts";
import { createInbound } from "./inbound/app.ts";
import { createInternalRoutes } from "./internal/app.ts";
import { loadOnDemand, type Mount } from "./load_on_demand.ts";
import { createMetricsRoutes } from "./metrics/app.ts";
import { isForPeople, mountWeb } from "./mount_web.ts";
import { createV2 } from "./notify/v2/app.ts";
import { create2016 } from "./notify/v2016/app.ts";
import { createReceipts } from "./receipts/app.ts";
import { registryProblem } from "./registry/problem.ts";
import { createUseCases, type UseCases } from "./use_cases.ts";
import { Hono, type MiddlewareHandler } from "hono";

/**
 * Creates the HTTP application with every API. The APIs share one set of use cases, and so one cache of rate limits for
 * this process. The modules of APIs that a deployment need not have are loaded only where it has them, and of some APIs
 * by the first request for them.
 */
export async function createApp(ports: AppPorts): Promise<Hono<AppEnv>> {
  const useCases = createUseCases(ports);
  const requestLog = createRequestLog(ports);
  const optional = await loadOptional(ports, useCases);
  return loadOnDemand(
    (mounts) => assemble(ports, { useCases, requestLog, mounts: [...mounts, ...optional] }),
    {
      async manage() {
        const { createManage } = await import("./manage/app.ts");
        const { management: store, providerManagement: providers } = ports;
        const { loadAccounts, resend, uploads } = useCases;
        const accounts = await loadAccounts();
        const manage = { ...ports, accounts, resend, store, uploads, providers };
        return (app) => app.route("/", createManage(manage));
      },
      async unsubscribe() {
        const { createUnsubscribe } = await import("./unsubscribe/app.tsx");
        return (app) => app.route("/", createUnsubscribe(ports));
      },
    },
  );
}

/** What all applications over the same ports share, and the APIs that one has beside those that all have. */
interface AppParts {
  readonly useCases: UseCases;
  readonly requestLog: readonly MiddlewareHandler<AppEnv>[];
  readonly mounts: readonly Mount[];
}

function assemble(
  ports: AppPorts,
  { useCases, requestLog, mounts }: AppParts,
): Hono<AppEnv> {
  const { clock, management, notifications, publicUrl } = ports;
  const app = new Hono<AppEnv>();
  app.use(...requestLog);

  app.use("/dev/*", requireDevelopmentHost(publicUrl));

  app.route("/", createHealthRoutes(ports));
  app.route("/", createMetricsRoutes(ports));
  if (ports.internal !== undefined) app.route("/", createInternalRoutes(ports.internal));
  app.use((_c, next) => ports.withinStoreBudget(next));

  const web = mountWeb(app, ports, useCases);

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
  for (const mount of mounts) mount(app);

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

/** Loads the APIs that a deployment need not have and that this one has. */
async function loadOptional(ports: AppPorts, useCases: UseCases): Promise<readonly Mount[]> {
  const { clock, documents, firstSteps, loadDevPages, mailbox, movableClock, registry } = ports;
  const mounts: Mount[] = [];
  if (registry !== undefined) {
    const { mountRegistry } = await import("./mount_registry.ts");
    mounts.push((app) => mountRegistry(app, { ...ports, ...useCases }, registry));
  }
  if (documents !== undefined) {
    const { createDownloads } = await import("./files/app.tsx");
    mounts.push((app) => app.route("/", createDownloads({ clock, documents })));
  }
  if (mailbox !== undefined && loadDevPages !== undefined) {
    const { createDev } = await loadDevPages();
    const hasInbox = registry?.demo !== undefined;
    const dev = { mailbox, firstSteps, hasInbox, clock, movableClock };
    mounts.push((app) => app.route("/", createDev(dev)));
  }
  return mounts;
}

/** Logs requests and their security events, and slows failed guesses of credentials. */
function createRequestLog(
  { clientAddress, clock, log, securityLog, metrics }: AppPorts,
): readonly MiddlewareHandler<AppEnv>[] {
  const clientOf = createClientOf(clientAddress);
  const logged = logRequests({ clock, log, securityLog, clientOf, metrics });
  const slowed = slowGuesses({
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
  });
  return [logged, slowed];
}
