import { Hono, type MiddlewareHandler } from "hono";
import type { AcceptStore } from "../domain/ports/accept_store.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { NotificationStore } from "../domain/ports/notification_store.ts";
import type { ReceiptStore } from "../domain/ports/receipt_store.ts";
import type { SendingContexts } from "../domain/ports/sending_contexts.ts";
import type { ServiceId } from "../domain/ids.ts";
import type { ReadSheet } from "../domain/ports/read_sheet.ts";
import type { CallbackPorts } from "./manage/callbacks/ports.ts";
import type { EventLog } from "../domain/ports/event_log.ts";
import type { DeadLetterStore } from "../domain/ports/dead_letter_store.ts";
import type { DocumentStore } from "../domain/ports/document_store.ts";
import type { JobStore } from "../domain/ports/job_store.ts";
import type { ManagementStore } from "../domain/ports/management_store.ts";
import type { WithinStoreBudget } from "../domain/ports/store_budget.ts";
import type { QueueStore } from "../domain/ports/queue_store.ts";
import type { StatisticsStore } from "../domain/ports/statistics_store.ts";
import type { InboundStore } from "../domain/ports/inbound_store.ts";
import type { InboundReader } from "../domain/ports/inbound_reader.ts";
import type { SuppressionStore } from "../domain/ports/suppression_store.ts";
import type { UnsubscribeStore } from "../domain/ports/unsubscribe_store.ts";
import type { MovableClock } from "../domain/ports/movable_clock.ts";
import type { Mailbox } from "../domain/ports/mailbox.ts";
import type { ReceiptReader } from "../domain/ports/receipt_reader.ts";
import type { SenderDefaults } from "../domain/service/sender.ts";
import type { ProviderManagement } from "../application/delivery/manage_providers.ts";
import type { Dispatcher } from "../application/delivery/dispatcher.ts";
import { createHealthRoutes } from "./health/app.ts";
import { createMetricsRoutes } from "./metrics/app.ts";
import type { AppEnv } from "./http/context.ts";
import { createClientOf, type ReadClientAddress } from "./http/client_address.ts";
import { logRequests, toSecurityEntry } from "./http/request_log.ts";
import { slowGuesses } from "./http/slow_guesses.ts";
import { answerRefusedGuess } from "./answer_by_path.ts";
import type { Metrics } from "../domain/metrics/metrics.ts";
import type { Scrape } from "../application/metrics/scrape.ts";
import type { Readiness } from "../application/readiness.ts";
import { createEventFeed } from "../application/events/event_feed.ts";
import { createEventWatch } from "../application/events/event_watch.ts";
import { createGuessCounter } from "../application/access/guess_counter.ts";
import type { SecurityLog } from "../application/access/security_log.ts";
import { requireDevelopmentHost } from "./http/development_host.ts";
import { internalError, notFound } from "./http/plain_errors.ts";
import type { Log } from "../domain/ports/log.ts";
import { createInbound } from "./inbound/app.ts";
import { createUploadsOnDemand } from "../application/jobs/uploads_on_demand.ts";
import { createReceiveText } from "../application/inbound/receive_text.ts";
import { loadOnDemand, type Mount } from "./load_on_demand.ts";
import { create2016 } from "./notify/v2016/app.ts";
import { createReceipts } from "./receipts/app.ts";
import type { RegistryPorts } from "./mount_registry.ts";
import { registryProblem } from "./registry/problem.ts";
import { createAuthenticator } from "../application/sending/authenticate.ts";
import { createBodyCost } from "../application/sending/body_cost.ts";
import { createRateLimitCache } from "../application/sending/rate_limit_cache.ts";
import { createFileLinks } from "../application/sending/file_links.ts";
import { createServiceSlots } from "../application/sending/service_slots.ts";
import { createSendBatch } from "../application/sending/send_batch.ts";
import { createSendNotification } from "../application/sending/send_notification.ts";
import { createSendNotificationBatch } from "../application/sending/send_notification_batch.ts";
import { createV2 } from "./notify/v2/app.ts";

/** Dependencies of the whole application. */
export interface AppPorts {
  readonly clock: Clock;
  /** The time that callers have: their tokens are verified by it. It is `clock`'s unless development has moved that. */
  readonly outsideClock: Pick<Clock, "now">;
  /** How development moves `clock`; `undefined` where it cannot be moved. */
  readonly movableClock?: MovableClock | undefined;
  readonly log: Log;
  readonly securityLog: SecurityLog;
  /**
   * Determines a client's IP address. Security events name it, and failed guesses of credentials are counted by its
   * network.
   */
  readonly clientAddress: ReadClientAddress;
  readonly contexts: SendingContexts;
  readonly accepts: AcceptStore;
  readonly notifications: NotificationStore;
  readonly receipts: ReceiptStore;
  readonly management: ManagementStore;
  readonly jobs: JobStore;
  readonly readSheet: ReadSheet;
  /** Files that are sent by email; `undefined` when the deployment does not store files. */
  readonly documents: DocumentStore | undefined;
  readonly callbacks: CallbackPorts;
  readonly events: EventLog;
  /**
   * How many requests of the feeds of events may wait for a next event in this process. Any further one is refused with
   * 503. One caller may have half of these places and at most 250; beyond that it is refused with 429.
   */
  readonly maxWaiting: number;
  /** Aborted at shutdown: requests that wait for a next event are then answered with no events. */
  readonly stopping: AbortSignal | undefined;
  readonly unsubscribes: UnsubscribeStore;
  readonly statistics: StatisticsStore;
  readonly queues: QueueStore;
  readonly inbound: InboundStore;
  readonly suppressions: SuppressionStore;
  readonly deadLetters: DeadLetterStore;
  /** The names of the providers that Hark knows and this deployment has not configured. */
  readonly unconfiguredProviders: readonly string[];
  /**
   * The dependencies of `/api/…`; `undefined`, and these APIs do not exist, when no keys are configured to verify
   * access tokens with.
   */
  readonly registry: RegistryPorts | undefined;
  readonly dispatcher: Dispatcher;
  readonly providerManagement: ProviderManagement;
  /**
   * Starts attempts to deliver notifications that are due, for 20 seconds at most, and waits for their ends. Called
   * after a request accepted many notifications. Never rejects; the background loop delivers the rest.
   */
  readonly dispatch: () => Promise<void>;
  /** Readers of delivery receipts by provider; the key is the last segment of `/receipts/{provider}`. */
  readonly receiptReaders: Readonly<Record<string, ReceiptReader>>;
  /** Readers of received texts by provider; the key is the last segment of `/inbound/{provider}`. */
  readonly inboundReaders: Readonly<Record<string, InboundReader>>;
  readonly defaults: SenderDefaults;
  /** The bearer token of `/manage`. */
  readonly adminToken: string;
  /** A bearer token that opens `GET /metrics` only; `undefined` when there is none. */
  readonly metricsToken: string | undefined;
  readonly metrics: Metrics;
  /** Returns this process's metrics in Prometheus' format, for `GET /metrics`. */
  readonly scrape: Scrape;
  /** The deployment's configured URL, without a trailing slash. When absent, links begin with the request's origin. */
  readonly publicUrl: string | undefined;
  /** The version that `GET /healthz` reports. */
  readonly version: string;
  readonly readiness: Readiness;
  /**
   * Runs the handling of a request, and bounds how long it waits for the database in all its calls together. When that
   * time is used up, the calls throw `StoreUnavailable`, which is answered with 503.
   */
  readonly withinStoreBudget: WithinStoreBudget;
  /**
   * The messages that the sandbox providers received; they deliver nothing. The development pages (`/dev/…`) exist only
   * when it is given.
   */
  readonly mailbox: Mailbox | undefined;
  /**
   * Returns shell commands that send a first message, for the mailbox's page. `root` is the server's URL and ends in a
   * slash. The default is commands with a placeholder for the template's id.
   */
  readonly firstSteps?: ((root: string) => string) | undefined;
}

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
        const { uploads } = useCases;
        return (app) => app.route("/", createManage({ ...ports, store, uploads, providers }));
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
  app.use((_c, next) => ports.withinStoreBudget(next));

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

  app.notFound((c) =>
    c.req.path.startsWith("/api/")
      ? registryProblem(c, { status: 404, message: "There is nothing at this address" })
      : notFound(c)
  );
  // For what belongs to no API; each API has its own.
  app.onError((_error, c) => internalError(c));
  return app;
}

/** Loads the APIs that a deployment need not have and that this one has. */
async function loadOptional(ports: AppPorts, useCases: UseCases): Promise<readonly Mount[]> {
  const { clock, documents, firstSteps, mailbox, movableClock, registry } = ports;
  const mounts: Mount[] = [];
  if (registry !== undefined) {
    const { mountRegistry } = await import("./mount_registry.ts");
    mounts.push((app) => mountRegistry(app, { ...ports, ...useCases }, registry));
  }
  if (documents !== undefined) {
    const { createDownloads } = await import("./files/app.tsx");
    mounts.push((app) => app.route("/", createDownloads({ clock, documents })));
  }
  if (mailbox !== undefined) {
    const { createDev } = await import("./dev/app.tsx");
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

/** The use cases that several APIs share. */
type UseCases = ReturnType<typeof createUseCases>;

/** Creates the use cases over the ports. They share one cache of counters. */
function createUseCases(ports: AppPorts) {
  const { accepts, clock, contexts, defaults, documents, registry, unsubscribes } = ports;
  const authenticator = createAuthenticator(contexts, ports.outsideClock);
  const slots = createServiceSlots();
  const sending = {
    clock,
    accepts,
    rateLimits: createRateLimitCache(),
    defaults,
    unsubscribes,
    hasInbox: (serviceId: ServiceId) => serviceId === registry?.serviceId,
    realms: registry?.realms,
  };
  const sendBatch = createSendBatch({ ...sending, dispatch: ports.dispatch });
  return {
    authenticator,
    slots,
    feed: createEventFeed({ ...ports, watch: createEventWatch(ports.events), slots }),
    bodyCost: createBodyCost(sending),
    sendNotification: createSendNotification({
      ...sending,
      authenticator,
      dispatcher: ports.dispatcher,
      openFileLinks: createFileLinks(clock, documents),
    }),
    sendBatch,
    sendNotificationBatch: createSendNotificationBatch({
      authenticator,
      sendBatch,
      templates: ports.management,
    }),
    uploads: createUploadsOnDemand({
      ...sending,
      jobs: ports.jobs,
      contexts,
      suppressions: ports.suppressions,
    }),
  };
}
