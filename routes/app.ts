import { Hono } from "hono";
import { matchedRoutes } from "hono/route";
import type {
  AcceptStore,
  Clock,
  NotificationStore,
  ReceiptStore,
  SendingContexts,
} from "../domain/ports.ts";
import type { AccessTokens } from "../domain/access_tokens.ts";
import type { ServiceId } from "../domain/ids.ts";
import type { DiiaTemplates } from "../domain/diia_template.ts";
import type { PersonStore } from "../domain/persons/ports.ts";
import type { RegistryTemplateStore } from "../domain/registry/ports.ts";
import type { InboxBell, InboxStore } from "../domain/inbox/ports.ts";
import type { ReadSheet } from "../domain/csv/ports.ts";
import type { DocumentStore } from "../domain/files/ports.ts";
import type { JobStore } from "../domain/jobs/ports.ts";
import type { ManagementStore } from "../domain/management_ports.ts";
import type { UnsubscribeStore } from "../domain/unsubscribe_ports.ts";
import type { Mailbox } from "../domain/mailbox.ts";
import type { ReceiptReader } from "../domain/receipt_reader.ts";
import type { SenderDefaults } from "../domain/sender.ts";
import { createDev } from "./dev/app.tsx";
import type { Dispatcher } from "./dispatch/dispatcher.ts";
import { createDownloads } from "./files/app.tsx";
import type { HarkContext, HarkEnv, RequestFacts } from "./http.ts";
import { createInboxRoutes } from "./inbox/app.ts";
import { createInboxElementRoutes, type InboxDemo } from "./inbox_element/app.tsx";
import type { StreamTiming } from "./inbox/stream.ts";
import { createUploads } from "./jobs/upload.ts";
import { internalError, notFound } from "./legacy_errors.ts";
import type { Log } from "./log.ts";
import { createManage } from "./manage/app.ts";
import { problem } from "./manage/problem.ts";
import { create2016 } from "./notify2016/app.ts";
import { createReceipts } from "./receipts/app.ts";
import { createRegistry } from "./registry/app.ts";
import { createBearers } from "./registry/bearers.ts";
import { createCodeSender } from "./registry/code_sender.ts";
import { registryProblem } from "./registry/problem.ts";
import { createCallers } from "./send/callers.ts";
import { createKnownCounters } from "./send/counters.ts";
import { createFiles } from "./send/files.ts";
import { createSendMany } from "./send/many.ts";
import { createSend } from "./send/send.ts";
import { createSettingsRoutes } from "./settings/app.ts";
import { SETTINGS_BEARER_CODES, settingsError } from "./settings/problem.ts";
import { createUnsubscribe } from "./unsubscribe/app.tsx";
import { answerRefusal, createV2 } from "./v2/app.ts";

/** What the registries' surfaces work with. */
export interface RegistryPorts {
  readonly tokens: AccessTokens;
  readonly inboxes: InboxStore;
  readonly bell: InboxBell;
  readonly persons: PersonStore;
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
export function createApp(ports: AppPorts): Hono<HarkEnv> {
  const { clock, log, contexts, notifications, management, unsubscribes, publicUrl } = ports;
  const app = new Hono<HarkEnv>();

  app.use(async (c, next) => {
    const facts: RequestFacts = { requestId: clock.newId() };
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
  const counters = createKnownCounters();
  const common = {
    clock,
    accepts: ports.accepts,
    counters,
    defaults: ports.defaults,
    unsubscribes,
    hasInbox,
  };
  const send = createSend({ ...common, dispatcher: ports.dispatcher });
  const sendMany = createSendMany({ ...common, dispatch: ports.dispatch });
  const uploads = createUploads({ ...common, jobs: ports.jobs, contexts });
  const openFiles = createFiles(clock, ports.documents);
  app.route(
    "/",
    createV2({
      clock,
      callers,
      send,
      sendMany,
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
    const bearers = createBearers(registry.tokens, clock);
    const { accepts } = ports;
    const shared = { clock, contexts, callers, accepts, sendMany, publicUrl, ...registry };
    app.route("/", createInboxRoutes({ ...shared, log, bearers }));
    app.route("/", createRegistry({ ...shared, bearers }));
    app.route(
      "/",
      createSettingsRoutes({
        ...shared,
        bearers: createBearers(registry.tokens, clock, SETTINGS_BEARER_CODES),
        sendCode: createCodeSender(shared),
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
function routeOf(c: HarkContext): string {
  const route = matchedRoutes(c).find(({ path }) => !path.endsWith("*"))?.path;
  if (route === undefined) return "unknown";
  const given = c.req.path.split("/");
  return route.split("/").map((part, at) => {
    const value = given[at] ?? "";
    const isOurs = part.startsWith(":") && part !== ":user_id" && UUID.test(value);
    return isOurs ? value : part.replace(/\{.*$/, "");
  }).join("/");
}
