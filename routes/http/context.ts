import type { Context } from "hono";
import type { SecurityEvent } from "../../domain/access/security_event.ts";

/**
 * Data of one request that handlers add to its log line. The middleware `logRequests` creates it with the request's id.
 */
export interface RequestLog {
  readonly requestId: string;
  serviceId?: string;
  notificationId?: string;
  /** The request's security event, such as a refused credential; logged on a line of its own. */
  security?: SecurityEvent;
  /** The reasons of the refusals that the answer has, for the metrics; of a batch one for each message. Not logged. */
  refusals?: string[];
  /**
   * How many bytes of the process's budget for request bodies (`BODY_BUDGET_BYTES`) this request holds; absent for
   * none. Not logged.
   */
  bodyBytes?: number;
}

/** The Hono environment of every API: the variables that every handler has. */
export interface AppEnv {
  readonly Variables: { readonly requestLog: RequestLog };
}

export type AppContext = Context<AppEnv>;

/**
 * Returns the URL with which links in answers begin: `publicUrl` (configured, without a trailing slash) or, when that
 * is `undefined`, the request's origin. The result ends in a slash.
 */
export function rootOf(c: Context, publicUrl: string | undefined): string {
  return `${publicUrl ?? new URL(c.req.url).origin}/`;
}

/**
 * Returns a function that takes a promise and keeps the runtime alive until it settles, even after the answer was sent.
 * Routes pass it on to use cases that continue in the background.
 */
export function waitUntil(c: Context): (work: Promise<unknown>) => void {
  return (work) => c.executionCtx.waitUntil(work);
}
