import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { MiddlewareHandler } from "hono";
import { parseJson } from "./json.ts";

/** The largest body that any route reads, in bytes. */
export const MAX_BODY_BYTES = 5 * 1024 * 1024;

/** What this request has come to; every handler may add, the log line tells. */
export interface RequestFacts {
  readonly requestId: string;
  serviceId?: string;
  notificationId?: string;
}

/** The context variables of every surface. */
export interface HarkEnv {
  readonly Variables: { readonly facts: RequestFacts };
}

export type HarkContext = Context<HarkEnv>;

/** The address that links in answers begin with: the configured one, or the one that was asked. Ends in a slash. */
export function rootOf(c: HarkContext, publicUrl: string | undefined): string {
  return `${publicUrl ?? new URL(c.req.url).origin}/`;
}

/** Keeps the runtime alive for work that goes on after the answer. */
export function waitUntil(c: HarkContext): (work: Promise<unknown>) => void {
  return (work) => c.executionCtx.waitUntil(work);
}

/** A body that should be JSON. */
export interface ReadBody {
  readonly isEmpty: boolean;
  /** Empty where the bytes are no UTF-8. */
  readonly text: string;
  /** `undefined` where the bytes are no JSON. */
  readonly json: unknown;
}

/** A body that has not been read. */
export const NOTHING_READ: ReadBody = { isEmpty: true, text: "", json: undefined };

/** Reads the body whatever its content type says: clients are not ours to choose. */
export async function readBody(c: HarkContext): Promise<ReadBody> {
  const bytes = await c.req.arrayBuffer();
  const isEmpty = bytes.byteLength === 0;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { isEmpty, text, json: parseJson(text) };
  } catch {
    return { isEmpty, text: "", json: undefined };
  }
}

/** Refuses bodies over a size, {@link MAX_BODY_BYTES} unless told, with the surface's own answer. */
export function limitBody(
  tooLarge: (c: Context) => Response,
  maxSize = MAX_BODY_BYTES,
): MiddlewareHandler {
  return bodyLimit({ maxSize, onError: tooLarge });
}

/** As {@link limitBody} for what looks at its caller first: nothing of the body is read before. */
export async function withinLimit(
  c: HarkContext,
  tooLarge: () => Response,
  maxSize: number,
  handle: () => Promise<Response>,
): Promise<Response> {
  let answer: Response | undefined;
  const refused = await limitBody(tooLarge, maxSize)(c, async () => {
    answer = await handle();
  });
  const given = refused ?? answer;
  if (given === undefined) throw new Error("the body was neither refused nor handled");
  return given;
}

/** A time as the peer writes it: UTC, six fractional digits. */
export function toTimestamp(epochMs: number): string {
  return new Date(epochMs).toISOString().replace("Z", "000Z");
}

/** As {@link toTimestamp}; `null` stays. */
export function toTimestampOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : toTimestamp(epochMs);
}
