import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { SecurityEntry, SecurityLog } from "../../application/access/security_log.ts";
import type { SecurityEvent } from "../../domain/access/security_event.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { Metrics } from "../../domain/metrics/metrics.ts";
import type { Log } from "../../domain/ports/log.ts";
import { giveBackBody } from "./body.ts";
import { CLIENT_LEFT_STATUS, hasClientLeft } from "./client_left.ts";
import type { AppContext, AppEnv, RequestLog } from "./context.ts";
import { isStoreUnavailable } from "./store_unavailable.ts";

/** Dependencies of {@link logRequests}. */
export interface RequestLogPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly securityLog: SecurityLog;
  /** Returns the client's IP address, for security events; `undefined` when it is unknown. */
  readonly clientOf: (c: AppContext) => string | undefined;
  readonly metrics: Metrics;
}

/**
 * Creates a middleware that gives each request an id (also in `X-Request-Id`), and logs a line when it has been
 * answered: method, route, status, milliseconds, and the ids in the context's `requestLog`. Lines for an unexpected
 * error (name, code and place, without its message) and for a security event come before it. Requests below `/dev/` get
 * no line of their own.
 */
export function logRequests(
  { clock, log, securityLog, clientOf, metrics }: RequestLogPorts,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const requestLog: RequestLog = { requestId: clock.newId() };
    c.set("requestLog", requestLog);
    const startedAt = clock.now();
    c.header("X-Request-Id", requestLog.requestId);
    await next();
    giveBackBody(requestLog);
    if (c.error !== undefined && await hasClientLeft(c, c.error)) {
      c.res = new Response(null, { status: CLIENT_LEFT_STATUS });
    }
    if (c.error !== undefined && c.res.status >= 500) {
      log(
        isStoreUnavailable(c.error)
          ? { event: "store-unavailable", request_id: requestLog.requestId, code: c.error.code }
          : errorEntry(requestLog.requestId, c.error),
      );
    }
    securityLog.flush();
    if (requestLog.security !== undefined) {
      securityLog.write(toSecurityEntry(requestLog.security, requestLog, clientOf(c)));
    }
    observeRequest(metrics, c, requestLog, clock.now() - startedAt);
    // The mailbox's page polls, and would hide what a developer looks for.
    if (c.req.path.startsWith("/dev/")) return;
    log({
      event: "request",
      request_id: requestLog.requestId,
      method: c.req.method,
      route: routeOf(c),
      status: c.res.status,
      ms: clock.now() - startedAt,
      ...(requestLog.serviceId === undefined ? {} : { service_id: requestLog.serviceId }),
      ...(requestLog.notificationId === undefined
        ? {}
        : { notification_id: requestLog.notificationId }),
    });
  };
}

/** The APIs by the first segment of an address. */
const APIS: Readonly<Record<string, string>> = {
  v2: "v2",
  notifications: "v2016",
  manage: "manage",
  api: "registry",
  receipts: "receipts",
};

function observeRequest(
  metrics: Metrics,
  c: AppContext,
  { refusals = [] }: RequestLog,
  ms: number,
): void {
  const segment = c.req.path.split("/", 2)[1] ?? "";
  const api = Object.hasOwn(APIS, segment) ? APIS[segment] ?? "other" : "other";
  metrics.count("hark_requests_total", { api, status: String(c.res.status) });
  metrics.observe("hark_request_seconds", { api }, ms / 1_000);
  for (const reason of refusals) metrics.count("hark_refusals_total", { reason });
}

/** Returns the log entry of a request's security event, with the request's id and the client's IP address. */
export function toSecurityEntry(
  security: SecurityEvent,
  { requestId, serviceId }: RequestLog,
  client: string | undefined,
): SecurityEntry {
  const request = {
    request_id: requestId,
    client: client ?? "unknown",
    ...(serviceId === undefined ? {} : { service_id: serviceId }),
  };
  if (security.kind === "limit-reached") {
    return { event: security.kind, limit: security.limit, ...request };
  }
  const { kind, credential, reason, claimedServiceId } = security;
  return {
    event: kind,
    credential,
    reason,
    ...request,
    ...(claimedServiceId === undefined ? {} : { claimed_service_id: claimedServiceId }),
  };
}

function errorEntry(requestId: string, error: Error): Parameters<Log>[0] {
  return {
    event: "error",
    request_id: requestId,
    error: error.name,
    ...("code" in error && typeof error.code === "string" ? { code: error.code } : {}),
    // The first stack frame says where; a message may quote personal data.
    where: (error.stack ?? "").split("\n").find((line) => /^\s+at /.test(line))?.trim() ?? "",
  };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The route that answered, with the ids of this request in the places of its parameters. Other values of an address may
 * be personal data, so their parameters keep their names.
 */
function routeOf(c: AppContext): string {
  const route = matchedRoutes(c).find(({ path }) => !path.endsWith("*"))?.path;
  if (route === undefined) return "unknown";
  const segments = c.req.path.split("/");
  return route.split("/").map((segment, at) => {
    const value = segments[at] ?? "";
    const isId = segment.startsWith(":") && segment !== ":user_id" && UUID.test(value);
    return isId ? value : segment.replace(/\{.*$/, "");
  }).join("/");
}
