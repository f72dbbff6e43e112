import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { Clock } from "../../domain/ports/clock.ts";
import type { Log } from "../../domain/ports/log.ts";
import { giveBackBody } from "./body.ts";
import type { AppContext, AppEnv, RequestLog } from "./context.ts";

/** The status in the log of a request whose client left before the answer. */
const CLIENT_LEFT = 499;

/**
 * Gives each request an id and logs it when it is answered; an unexpected error is logged before it, without its message.
 * Each API's `onError` answers the error, so nothing but the log sees it.
 */
export function logRequests(clock: Clock, log: Log): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const facts: RequestLog = { requestId: clock.newId() };
    c.set("facts", facts);
    const startedAt = clock.now();
    c.header("X-Request-Id", facts.requestId);
    await next();
    giveBackBody(facts);
    if (c.error !== undefined && c.res.status >= 500) {
      // A client that has left reads no answer, and that it left is no error of the server.
      if (c.error.name === "AbortError" && c.req.raw.signal.aborted) {
        c.res = new Response(null, { status: CLIENT_LEFT });
      } else log(errorEntry(facts.requestId, c.error));
    }
    // The mailbox's page polls, and would hide what a developer looks for.
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
 * The route that answered, with the ids of this request in the places of its parameters. Other values of an address may be
 * personal data, so their parameters keep their names.
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
