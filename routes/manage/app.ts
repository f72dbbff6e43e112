import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { createMiddleware } from "hono/factory";
import type { ManagementAccess } from "../../domain/accounts/management_access.ts";
import { adviceOnMasterKeys, MissingMasterKey } from "../../domain/ports/missing_master_key.ts";
import type { AppEnv } from "../http/context.ts";
import { authenticateManager } from "./authenticate.ts";
import { createCallbackRoutes } from "./callbacks/app.ts";
import { createConversationRoutes } from "./conversations.ts";
import { createDeadLetterRoutes } from "./dead_letters.ts";
import { createDeadMessageRoutes } from "./dead_messages.ts";
import { createDocumentRoute } from "./document.ts";
import { createGoLiveRoutes, createWaitingRequestRoutes } from "./go_live/app.ts";
import { createGuestRoutes } from "./guests.ts";
import { createInboundNumberRoutes } from "./inbound_numbers.ts";
import { createJobRoutes } from "./jobs.ts";
import { createKeyRoutes } from "./keys.ts";
import { createLimitRoutes } from "./limits.ts";
import { createNotificationRoutes } from "./notifications.ts";
import {
  isStoreUnavailable,
  setStoreRetryAfter,
  STORE_UNAVAILABLE_MESSAGE,
} from "../http/store_unavailable.ts";
import { isValueTooLarge, VALUE_TOO_LARGE_MESSAGE } from "../http/value_too_large.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { refuseOwnChanges } from "./own_service.ts";
import { createProviderRoutes } from "./providers.ts";
import { createReceiptRoutes } from "./receipts.ts";
import { createQueueRoutes } from "./queues.ts";
import { createReplyToProofRoutes } from "./reply_to_proofs.ts";
import { createSenderRoutes, SENDER_KINDS } from "./senders.ts";
import { createServiceRoutes } from "./services.ts";
import { createStatisticsRoutes } from "./statistics.ts";
import { createSuppressionRoutes } from "./suppressions.ts";
import { createAuditRoutes, createInstallationAuditRoutes } from "./team/audit.ts";
import { createInvitationRoutes } from "./team/invitations.ts";
import { createMemberRoutes } from "./team/members.ts";
import { createOperatorRoutes } from "./team/operators.ts";
import { createTemplateFolderRoutes } from "./template_folders.ts";
import { createTemplateVersionRoutes } from "./template_versions.ts";
import { createTemplateRoutes } from "./templates.ts";
import { createTokenRoutes } from "./tokens.ts";
import { refuseParametersWithoutQuery } from "./unknown_parameters.ts";
import { createUnsubscribeRoutes } from "./unsubscribes.ts";
import { answerBodyRefusal } from "./validation.ts";

const SERVICES = "/manage/services";
const SERVICE = `${SERVICES}/:service_id`;

/**
 * Creates the management API, `/manage/…`, by which the operator manages services, keys, templates and jobs. Every
 * request needs the operator's bearer token or a management token. Errors are answered as `application/problem+json`.
 */
export function createManage(ports: ManagePorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(
    "/manage/*",
    forbidCaching,
    authenticateManager(ports),
    refuseParametersWithoutQuery(app),
  );
  app.use(`${SERVICE}/*`, refuseOwnChanges());
  app.route(SERVICES, createServiceRoutes(ports));
  app.route(`${SERVICE}/guests`, createGuestRoutes(ports));
  app.route(`${SERVICE}/keys`, createKeyRoutes(ports));
  for (const kind of SENDER_KINDS) {
    app.route(`${SERVICE}/${kind.path}`, createSenderRoutes(ports, kind));
  }
  app.route(`${SERVICE}/templates`, createTemplateRoutes(ports));
  app.route(`${SERVICE}/templates/:template_id/versions`, createTemplateVersionRoutes(ports));
  app.route(`${SERVICE}/template_folders`, createTemplateFolderRoutes(ports));
  app.route(`${SERVICE}/notifications`, createNotificationRoutes(ports));
  app.route(`${SERVICE}/unsubscribe_requests`, createUnsubscribeRoutes(ports));
  app.route(`${SERVICE}/callbacks`, createCallbackRoutes(ports));
  app.route(`${SERVICE}/statistics`, createStatisticsRoutes(ports));
  app.route(`${SERVICE}/suppressions`, createSuppressionRoutes(ports));
  app.route(`${SERVICE}/inbound_numbers`, createInboundNumberRoutes(ports));
  app.route(`${SERVICE}/conversations`, createConversationRoutes(ports));
  app.route(`${SERVICE}/jobs`, createJobRoutes(ports));
  app.route(`${SERVICE}/members`, createMemberRoutes(ports));
  app.route(`${SERVICE}/invitations`, createInvitationRoutes(ports));
  app.route(`${SERVICE}/audit`, createAuditRoutes(ports));
  app.route(`${SERVICE}/email_reply_to/proofs`, createReplyToProofRoutes(ports));
  app.route(`${SERVICE}/limits`, createLimitRoutes(ports));
  app.route(`${SERVICE}/go-live-requests`, createGoLiveRoutes(ports));
  app.route("/manage/go-live-requests", createWaitingRequestRoutes(ports));
  app.route("/manage/audit", createInstallationAuditRoutes(ports));
  app.route("/manage/operators", createOperatorRoutes(ports));
  app.route("/manage/tokens", createTokenRoutes(ports));
  app.route("/manage/providers", createProviderRoutes(ports));
  app.route("/manage/queues", createQueueRoutes(ports));
  app.route("/manage/queues/dead", createDeadMessageRoutes(ports));
  app.route("/manage/receipts", createReceiptRoutes(ports));
  app.route("/manage/dead-letters", createDeadLetterRoutes(ports));
  app.route("/manage/openapi.json", createDocumentRoute(app, ports.version));
  app.all("/manage/*", (c) => problem(c, 404, "There is nothing at this address"));
  app.onError(answerError);
  return app;
}

/** Answers errors of this API. A validator throws for malformed JSON; the application logs other errors. */
function answerError(error: Error, c: Context): Response {
  if (error instanceof MissingMasterKey) return answerMissingKey(error, c);
  return error instanceof HTTPException && error.status === 400
    ? answerBodyRefusal(c, { kind: "not-json" })
    : isStoreUnavailable(error)
    ? storeProblem(c)
    : isValueTooLarge(error)
    ? problem(c, 413, VALUE_TOO_LARGE_MESSAGE)
    : problem(c, 500, "Internal server error; the log has the error under the request's id");
}

/** Answers that a key in the database cannot be decrypted. The answer to an authenticated caller names it. */
function answerMissingKey({ masterKeyId }: MissingMasterKey, c: Context): Response {
  const access: ManagementAccess | undefined = c.get("access");
  return problem(
    c,
    503,
    access === undefined
      ? "A master key of the deployment is not configured"
      : `Nothing was changed: ${adviceOnMasterKeys([masterKeyId])}`,
  );
}

function storeProblem(c: Context): Response {
  setStoreRetryAfter(c);
  return problem(c, 503, STORE_UNAVAILABLE_MESSAGE);
}

const forbidCaching = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  c.header("Cache-Control", "no-store");
  c.header("X-Content-Type-Options", "nosniff");
});
