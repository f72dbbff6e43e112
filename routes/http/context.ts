import type { Context } from "hono";

/** What this request has come to; every handler may add, the log line tells. */
export interface RequestLog {
  readonly requestId: string;
  serviceId?: string;
  notificationId?: string;
}

/** The context variables of every surface. */
export interface AppEnv {
  readonly Variables: { readonly facts: RequestLog };
}

export type AppContext = Context<AppEnv>;

/** The address that links in answers begin with: the configured one, or the one that was asked. Ends in a slash. */
export function rootOf(c: Context, publicUrl: string | undefined): string {
  return `${publicUrl ?? new URL(c.req.url).origin}/`;
}

/** Keeps the runtime alive for work that goes on after the answer. */
export function waitUntil(c: Context): (work: Promise<unknown>) => void {
  return (work) => c.executionCtx.waitUntil(work);
}

/** A time as the peer writes it: UTC, six fractional digits. */
export function toTimestamp(epochMs: number): string {
  return new Date(epochMs).toISOString().replace("Z", "000Z");
}

/** As {@link toTimestamp}; `null` stays. */
export function toTimestampOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : toTimestamp(epochMs);
}
