import type { Context } from "hono";
import type { SecurityEvent } from "../../domain/access/security_event.ts";

/** What handlers add to the log of a request. */
export interface RequestLog {
  readonly requestId: string;
  serviceId?: string;
  notificationId?: string;
  /** What the request was refused by, where that is a security event. */
  security?: SecurityEvent;
  /** How many bytes of the process's budget of bodies the request holds; it is not logged. */
  bodyBytes?: number;
}

/** The context variables of every API. */
export interface AppEnv {
  readonly Variables: { readonly requestLog: RequestLog };
}

export type AppContext = Context<AppEnv>;

/** The root of links in answers: the configured address, or else the request's. Ends in a slash. */
export function rootOf(c: Context, publicUrl: string | undefined): string {
  return `${publicUrl ?? new URL(c.req.url).origin}/`;
}

/** Returns a function that keeps the runtime alive for work that continues after the answer. */
export function waitUntil(c: Context): (work: Promise<unknown>) => void {
  return (work) => c.executionCtx.waitUntil(work);
}

/** A time as GOV.UK Notify writes it: UTC, six fractional digits. */
export function toTimestamp(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, -1)}000Z`;
}

/** As {@link toTimestamp}; `null` stays. */
export function toTimestampOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : toTimestamp(epochMs);
}
