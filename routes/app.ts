import { Hono } from "hono";
import type { Realm } from "../domain/recipient/realm.ts";
import type { AcceptStore } from "../domain/ports/accept_store.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { NotificationStore } from "../domain/ports/notification_store.ts";
import type { ReceiptStore } from "../domain/ports/receipt_store.ts";
import type { SendingContexts } from "../domain/ports/sending_contexts.ts";
import type { AccessTokens } from "../domain/access/access_tokens.ts";
import type { ServiceId } from "../domain/ids.ts";
import type { DiiaTemplates } from "../domain/ports/diia_templates.ts";
import type { RecipientSettingsStore } from "../domain/ports/recipient_settings_store.ts";
import type { RegistryTemplateStore } from "../domain/ports/registry_template_store.ts";
import type { InboxMessageFormat } from "../domain/inbox/inbox_message.ts";
import type { InboxEvents } from "../domain/ports/inbox_events.ts";
import type { InboxStore } from "../domain/ports/inbox_store.ts";
import type { ReadSheet } from "../domain/ports/read_sheet.ts";
import type { CallbackPorts } from "./manage/callbacks/ports.ts";
import type { EventLog } from "../domain/ports/event_log.ts";
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
import { createDev } from "./dev/app.tsx";
import type { ProviderManagement } from "../application/delivery/manage_providers.ts";
import type { Dispatcher } from "../application/delivery/dispatcher.ts";
import { createDownloads } from "./files/app.tsx";
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
import { createInboxRoutes } from "./registry/inbox/app.ts";
import { createInboxElementRoutes, type InboxDemo } from "./inbox_element/app.tsx";
import type { StreamTiming } from "./registry/inbox/stream.ts";
import { createUploads } from "../application/jobs/upload.ts";
import { requireDevelopmentHost } from "./http/development_host.ts";
import { internalError, notFound } from "./http/plain_errors.ts";
import type { Log } from "../domain/ports/log.ts";
import { createInbound } from "./inbound/app.ts";
import { createReceiveText } from "../application/inbound/receive_text.ts";
import { createManage } from "./manage/app.ts";
import { create2016 } from "./notify/v2016/app.ts";
import { createReceipts } from "./receipts/app.ts";
import { createRegistry } from "./registry/app.ts";
import { createAccessTokenAuth } from "./registry/access_token_auth.ts";
import { createOtpSender } from "../application/recipients/send_otp.ts";
import { registryProblem } from "./registry/problem.ts";
import { createAuthenticator } from "../application/sending/authenticate.ts";
import { createBodyCost } from "../application/sending/body_cost.ts";
import { createRateLimitCache } from "../application/sending/rate_limit_cache.ts";
import { createFileLinks } from "../application/sending/file_links.ts";
import { createServiceSlots } from "../application/sending/service_slots.ts";
import { createSendBatch } from "../application/sending/send_batch.ts";
import { createSendNotification } from "../application/sending/send_notification.ts";
import { createSendNotificationBatch } from "../application/sending/send_notification_batch.ts";
import { createSendUserNotification } from "../application/sending/send_user_notification.ts";
import { createSettingsRoutes } from "./registry/settings/app.ts";
import { SETTINGS_ACCESS_TOKEN_CODES } from "./registry/settings/problem.ts";
import { createUnsubscribe } from "./unsubscribe/app.tsx";
import { createV2 } from "./notify/v2/app.ts";

/**
 * Dependencies of the APIs under `/api/…`, which implement the notification API of the registries platform (Ukraine's
 * platform for state registries). Its callers are other services that send messages, officers that publish templates,
 * and recipients. One deployment serves these APIs for one service.
 */
export interface RegistryPorts {
  readonly tokens: AccessTokens;
  /**
   * The realms (`citizen`, `officer`) of the portals whose issuers sign access tokens; a person's id is unique within
   * its realm only. `undefined` when the deployment does not distinguish realms.
   */
  readonly realms?: readonly Realm[] | undefined;
  readonly inboxes: InboxStore;
  readonly inboxEvents: InboxEvents;
  readonly recipientSettings: RecipientSettingsStore;
  readonly templates: RegistryTemplateStore;
  /**
   * Publishes templates to Diia, the state's app, which is one of the channels; `undefined` when the deployment has no
   * access to Diia.
   */
  readonly diia: DiiaTemplates | undefined;
  /** Generates a random one-time passcode, six digits. */
  readonly newCode: () => string;
  /** The role that an access token must have to publish, list or delete templates. */
  readonly templateRole: string;
  /** The role that an access token must have to send messages, and to read any recipient's settings. */
  readonly senderRole: string;
  /**
   * With it, the application has the page `/dev/inbox`, which shows a demo citizen's inbox; `undefined` in production.
   */
  readonly demo: InboxDemo | undefined;
  /** The service that templates and inboxes belong to. */
  readonly serviceId: ServiceId;
  /** Aborted at shutdown: ends the event streams of inboxes (server-sent events). */
  readonly stopping: AbortSignal | undefined;
  /** Whether the field `message` of inbox messages holds `html` (the default) or plain `text`. */
  readonly messageFormat?: InboxMessageFormat | undefined;
  /** How often event streams of inboxes poll and send heartbeats, and when they are closed; default `STREAM_TIMING`. */
  readonly timing?: StreamTiming | undefined;
}

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
      inbound: ports.inbound,
      suppressions: ports.suppressions,
      version: ports.version,
      adminToken: ports.adminToken,
    }),
  );
  app.route("/", createUnsubscribe({ clock, unsubscribes }));
  app.route(
    "/",
    createReceipts({ clock, receipts: ports.receipts, readers: ports.receiptReaders }),
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

  app.notFound((c) =>
    c.req.path.startsWith("/api/")
      ? registryProblem(c, { status: 404, message: "There is nothing at this address" })
      : notFound(c)
  );
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
    uploads: createUploads({
      ...sending,
      jobs: ports.jobs,
      contexts,
      suppressions: ports.suppressions,
    }),
  };
}

/** Mounts the registries' APIs: for other services, for recipients, and the element that shows an inbox. */
function mountRegistry(
  app: Hono<AppEnv>,
  { accepts, clock, contexts, log, publicUrl }: AppPorts,
  registry: RegistryPorts,
  { authenticator, bodyCost, feed, sendBatch, slots }: UseCases,
): void {
  const { demo, tokens } = registry;
  const accessTokenAuth = createAccessTokenAuth(tokens, clock);
  const shared = { clock, contexts, accepts, sendBatch, publicUrl, ...registry };
  app.route("/", createInboxRoutes({ ...shared, log, accessTokenAuth }));
  app.route(
    "/",
    createRegistry({
      ...shared,
      accessTokenAuth,
      authenticator,
      bodyCost,
      feed,
      slots,
      sendUserNotification: createSendUserNotification(shared),
    }),
  );
  app.route(
    "/",
    createSettingsRoutes({
      ...shared,
      accessTokenAuth: createAccessTokenAuth(tokens, clock, SETTINGS_ACCESS_TOKEN_CODES),
      sendCode: createOtpSender(shared),
    }),
  );
  app.route("/", createInboxElementRoutes(demo === undefined ? {} : { demo }));
}
