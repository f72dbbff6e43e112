import { Hono } from "hono";
import { matchedRoutes } from "hono/route";
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
import type { InboxEvents } from "../domain/ports/inbox_events.ts";
import type { InboxStore } from "../domain/ports/inbox_store.ts";
import type { ReadSheet } from "../domain/ports/read_sheet.ts";
import type { DocumentStore } from "../domain/ports/document_store.ts";
import type { JobStore } from "../domain/ports/job_store.ts";
import type { ManagementStore } from "../domain/ports/management_store.ts";
import type { UnsubscribeStore } from "../domain/ports/unsubscribe_store.ts";
import type { Mailbox } from "../domain/ports/mailbox.ts";
import type { ReceiptReader } from "../domain/ports/receipt_reader.ts";
import type { SenderDefaults } from "../domain/service/sender.ts";
import { createDev } from "./dev/app.tsx";
import type { Dispatcher } from "../application/delivery/dispatcher.ts";
import { createDownloads } from "./files/app.tsx";
import type { AppContext, AppEnv, RequestLog } from "./http/context.ts";
import { createInboxRoutes } from "./registry/inbox/app.ts";
import { createInboxElementRoutes, type InboxDemo } from "./inbox_element/app.tsx";
import type { StreamTiming } from "./registry/inbox/stream.ts";
import { createUploads } from "../application/jobs/upload.ts";
import { internalError, notFound } from "./notify/errors.ts";
import type { Log } from "../domain/ports/log.ts";
import { createManage } from "./manage/app.ts";
import { problem } from "./manage/problem.ts";
import { create2016 } from "./notify/v2016/app.ts";
import { createReceipts } from "./receipts/app.ts";
import { createRegistry } from "./registry/app.ts";
import { createAccessTokenAuth } from "./registry/access_token_auth.ts";
import { createOtpSender } from "../application/recipients/send_otp.ts";
import { registryProblem } from "./registry/problem.ts";
import { createCallers } from "../application/sending/authenticate.ts";
import { createRateLimitCache } from "../application/sending/rate_limit_cache.ts";
import { createFileLinks } from "../application/sending/file_links.ts";
import { createSendBatch } from "../application/sending/send_batch.ts";
import { createSend } from "../application/sending/send_notification.ts";
import { createSettingsRoutes } from "./registry/settings/app.ts";
import { SETTINGS_ACCESS_TOKEN_CODES, settingsError } from "./registry/settings/problem.ts";
import { createUnsubscribe } from "./unsubscribe/app.tsx";
import { answerRefusal, createV2 } from "./notify/v2/app.ts";

/** What the registries' surfaces work with. */
export interface RegistryPorts {
  readonly tokens: AccessTokens;
  readonly inboxes: InboxStore;
  readonly bell: InboxEvents;
  readonly recipientSettings: RecipientSettingsStore;
  readonly templates: RegistryTemplateStore;
  /** Where Diia's templates are published; `undefined` where the deployment is no partner of Diia's. */
  readonly diia: DiiaTemplates | undefined;
  readonly newCode: () => string;
  readonly templateRole: string;
  readonly senderRole: string;
  /** A demo citizen's inbox, in development. */
  readonly demo: InboxDemo | undefined;
  /** The service that templates and inboxes belong to. */
  readonly serviceId: ServiceId;
  /** Ends what would otherwise stay open. */
  readonly stopping: AbortSignal | undefined;
  readonly timing?: StreamTiming | undefined;
}

/** Everything that the ways in work with. */
export interface AppPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly contexts: SendingContexts;
  readonly accepts: AcceptStore;
  readonly notifications: NotificationStore;
  readonly receipts: ReceiptStore;
  readonly management: ManagementStore;
  readonly jobs: JobStore;
  readonly readSheet: ReadSheet;
  /** Files that are sent by e-mail; `undefined` where there is no place for them. */
  readonly documents: DocumentStore | undefined;
  readonly unsubscribes: UnsubscribeStore;
  /** `undefined` where there is nothing to verify access tokens with. */
  readonly registry: RegistryPorts | undefined;
  readonly dispatcher: Dispatcher;
  /** Sends what is due now, within a bounded time; never rejects. */
  readonly dispatch: () => Promise<void>;
  readonly receiptReaders: Readonly<Record<string, ReceiptReader>>;
  readonly defaults: SenderDefaults;
  readonly adminToken: string;
  /** The configured address, without a trailing slash; links begin with the one asked when it is absent. */
  readonly publicUrl: string | undefined;
  /** The version that `GET /healthz` reports. */
  readonly version: string;
  /** What the sandboxes were given; only in development. */
  readonly mailbox: Mailbox | undefined;
  /** Gives commands that send a first message, for the mailbox's page; `root` ends in a slash. */
  readonly firstSteps?: ((root: string) => string) | undefined;
}

/** Makes the whole application: every surface over the one core. */
export function createApp(ports: AppPorts): Hono<AppEnv> {
  const { clock, log, contexts, notifications, management, unsubscribes, publicUrl } = ports;
  const app = new Hono<AppEnv>();

  app.use(async (c, next) => {
    const facts: RequestLog = { requestId: clock.newId() };
    c.set("facts", facts);
    const startedAt = clock.now();
    c.header("X-Request-Id", facts.requestId);
    await next();
    // The mailbox's page asks all the time, and would bury what a developer is to read.
    if (c.req.path.startsWith("/dev/")) return;
    log({
      event: "request",
      request_id: facts.requestId,
      method: c.req.method,
      route: routeOf(c),
      status: c.res.status,
      ms: clock.now() - startedAt,
      ...(facts.serviceId === undefined ? {} : { service_id: facts.serviceId }),
      ...(facts.notificationId === undefined ? {} : { notification_id: facts.notificationId }),
    });
  });

  app.get("/healthz", (c) => c.json({ status: "ok", version: ports.version }));
  app.get("/_status", (c) => c.json({ status: "ok" }));

  const callers = createCallers(contexts, clock);
  const { registry } = ports;
  const hasInbox = (serviceId: ServiceId) => serviceId === registry?.serviceId;
  const counters = createRateLimitCache();
  const common = {
    clock,
    accepts: ports.accepts,
    counters,
    defaults: ports.defaults,
    unsubscribes,
    hasInbox,
  };
  const send = createSend({ ...common, dispatcher: ports.dispatcher });
  const sendBatch = createSendBatch({ ...common, dispatch: ports.dispatch });
  const uploads = createUploads({ ...common, jobs: ports.jobs, contexts });
  const openFiles = createFileLinks(clock, ports.documents);
  app.route(
    "/",
    createV2({
      clock,
      callers,
      send,
      sendBatch,
      openFiles,
      uploads,
      readSheet: ports.readSheet,
      contexts,
      notifications,
      templates: management,
      publicUrl,
      templateAuthor: `operator@${ports.defaults.emailDomain}`,
    }),
  );
  app.route("/", create2016({ callers, send, notifications, publicUrl }));
  app.route(
    "/",
    createManage({
      clock,
      store: management,
      contexts,
      jobs: ports.jobs,
      uploads,
      readSheet: ports.readSheet,
      notifications,
      unsubscribes,
      adminToken: ports.adminToken,
    }),
  );
  app.route("/", createUnsubscribe({ clock, unsubscribes }));
  app.route(
    "/",
    createReceipts({ clock, receipts: ports.receipts, readers: ports.receiptReaders }),
  );
  if (registry !== undefined) {
    const accessTokenAuth = createAccessTokenAuth(registry.tokens, clock);
    const { accepts } = ports;
    const shared = { clock, contexts, callers, accepts, sendBatch, publicUrl, ...registry };
    app.route("/", createInboxRoutes({ ...shared, log, accessTokenAuth }));
    app.route("/", createRegistry({ ...shared, accessTokenAuth }));
    app.route(
      "/",
      createSettingsRoutes({
        ...shared,
        accessTokenAuth: createAccessTokenAuth(registry.tokens, clock, SETTINGS_ACCESS_TOKEN_CODES),
        sendCode: createOtpSender(shared),
      }),
    );
    const { demo } = registry;
    app.route("/", createInboxElementRoutes(demo === undefined ? {} : { demo }));
  }
  if (ports.documents !== undefined) {
    app.route("/", createDownloads({ clock, documents: ports.documents }));
  }
  const { mailbox, firstSteps } = ports;
  if (mailbox !== undefined) {
    app.route("/", createDev({ mailbox, firstSteps, hasInbox: registry?.demo !== undefined }));
  }

  app.notFound((c) =>
    c.req.path.startsWith("/api/")
      ? registryProblem(c, { status: 404, message: "There is nothing here" })
      : notFound(c)
  );
  app.onError((error, c) => {
    log({
      event: "error",
      request_id: c.get("facts").requestId,
      error: error.name,
      ...("code" in error && typeof error.code === "string" ? { code: error.code } : {}),
      // The first line of our own frames says where; a message may quote what was being handled.
      where: (error.stack ?? "").split("\n").find((line) => /^\s+at /.test(line))?.trim() ?? "",
    });
    const { path } = c.req;
    if (path.startsWith("/manage/")) {
      return problem(c, 500, "Something went wrong here; it is in the log under the request's id");
    }
    if (path.startsWith("/api/settings/")) return settingsError(c);
    if (path.startsWith("/api/")) {
      return registryProblem(c, { status: 500, message: "Something went wrong here" });
    }
    return path.startsWith("/v2/") ? answerRefusal(c, { kind: "internal" }, "") : internalError(c);
  });
  return app;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The route that answered, for the log, with the ids of this request; the rest of an address may be somebody's data. */
function routeOf(c: AppContext): string {
  const route = matchedRoutes(c).find(({ path }) => !path.endsWith("*"))?.path;
  if (route === undefined) return "unknown";
  const given = c.req.path.split("/");
  return route.split("/").map((part, at) => {
    const value = given[at] ?? "";
    const isOurs = part.startsWith(":") && part !== ":user_id" && UUID.test(value);
    return isOurs ? value : part.replace(/\{.*$/, "");
  }).join("/");
}
