/**
 * Reads bodies of requests. Routes call it after authentication. A body is read by chunks, whatever length was
 * declared: up to the route's limit, and as far as the bodies of all requests together stay within the process's
 * budget.
 */
import type { Context } from "hono";
import { runInSlices } from "../../application/event_loop.ts";
import { isRequestIsolated } from "../../application/isolated_requests.ts";
import { JSON_LIMITS, type JsonLimits } from "../../domain/json/json_shape.ts";
import { type JsonLimitFault, readJsonInSteps } from "../../domain/json/read_json.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { runSteps } from "../../domain/steps/steps.ts";
import { createByteBudget } from "./byte_budget.ts";
import type { RequestLog } from "./context.ts";
import { noteLimit } from "./security_events.ts";

/** The default for the largest body that a route reads, in bytes. A larger one is refused as `too-large`. */
export const MAX_BODY_BYTES = 5 * 1024 * 1024;

/**
 * How many bytes of request bodies a process holds at once, for all requests together. A body beyond that is refused as
 * `bodies-too-large`.
 */
export const BODY_BUDGET_BYTES = 256 * 1024 * 1024;

/** The budget for the bodies of all requests of this process, {@link BODY_BUDGET_BYTES}. */
export const bodyBudget = createByteBudget(BODY_BUDGET_BYTES);

/** A declared length up to which a body is read at once: it is quicker, and no more than this is set aside for it. */
const SMALL_BODY_BYTES = 16 * 1024;

/**
 * `Retry-After`, in seconds, of a request that was refused because the process holds too many bytes of other bodies.
 */
export const BODY_RETRY_AFTER_S = 1;

/** Why a body cannot be read. */
export type BodyFault =
  /** It is larger than the limit; `bytes` of it were read. */
  | { readonly kind: "too-large"; readonly bytes: number }
  /** The bodies of all requests of this process together reached {@link BODY_BUDGET_BYTES}; a retry can succeed. */
  | { readonly kind: "bodies-too-large" }
  /** The client stopped sending before the end. */
  | { readonly kind: "broken-off" };

/**
 * Returns how many bytes of a body that could not be read count against the service's rate limit: of one that is too
 * large, those that were read; 0 for other faults, which the client is not blamed for.
 */
export function bytesOfFault(fault: BodyFault): number {
  return fault.kind === "too-large" ? fault.bytes : 0;
}

/** A body that was read and parsed as JSON. */
export interface ReadBody {
  /** The body's size in bytes. */
  readonly bytes: number;
  /** The body as text; empty when the bytes are not UTF-8. */
  readonly text: string;
  /** The parsed JSON; `undefined` when the body is not valid JSON, or exceeds a limit. */
  readonly json: unknown;
  /** The limit that the JSON exceeds, such as the nesting depth; absent when it exceeds none. */
  readonly limit?: JsonLimitFault;
}

/** What reading a body needs of the context. */
type BodyContext = Pick<Context, "req" | "get">;

/** The English messages for a body that cannot be read. Each API has its own for `too-large`, with the limit. */
export const BODY_FAULT_MESSAGES = {
  "bodies-too-large": "Too many large requests are being read; try again in a moment",
  "broken-off": "The request broke off before its end",
} as const satisfies Record<Exclude<BodyFault["kind"], "too-large">, string>;

/**
 * Reads the body and parses it as JSON, whatever its content type, since clients of GOV.UK Notify may send any. Parsing
 * yields to the event loop, except for small bodies. Invalid JSON is not a refusal: `json` is then `undefined`.
 *
 * @param maxBytes the largest body
 * @param limits how deep the JSON may be nested, and how many values it may have
 */
export async function readBody(
  c: BodyContext,
  maxBytes = MAX_BODY_BYTES,
  limits: JsonLimits = JSON_LIMITS,
): Promise<Result<ReadBody, BodyFault>> {
  const read = await readText(c, maxBytes);
  if (!read.ok) return read;
  const { text, bytes } = read.value;
  if (text === undefined) return ok({ bytes, text: "", json: undefined });
  const steps = readJsonInSteps(text, limits);
  const json = bytes <= SMALL_BODY_BYTES
    ? runSteps(steps)
    : await runInSlices(steps, c.req.raw.signal);
  if (json.ok) return ok({ bytes, text, json: json.value });
  const { refusal } = json;
  return ok({
    bytes,
    text,
    json: undefined,
    ...(refusal.kind === "json-limit" ? { limit: refusal } : {}),
  });
}

/** Reads the body as text, with its size in bytes. `text` is `undefined` when the bytes are not UTF-8. */
export async function readText(
  c: BodyContext,
  maxBytes: number,
): Promise<Result<{ readonly text: string | undefined; readonly bytes: number }, BodyFault>> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const texts: string[] = [];
  let isText = true;
  const decode = (chunk?: Uint8Array) => {
    if (!isText) return;
    try {
      texts.push(chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true }));
    } catch {
      isText = false;
    }
  };
  const read = await readChunks(c, maxBytes, decode);
  if (!read.ok) return read;
  decode();
  return ok({ text: isText ? texts.join("") : undefined, bytes: read.value });
}

/** Reads the body into memory, up to `maxBytes`; a longer body is refused as soon as the limit is passed. */
export async function readBytes(
  c: BodyContext,
  maxBytes: number,
): Promise<Result<Uint8Array<ArrayBuffer>, BodyFault>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const read = await readChunks(c, maxBytes, (chunk) => chunks.push(chunk));
  if (!read.ok) return read;
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return ok(only);
  const bytes = new Uint8Array(read.value);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return ok(bytes);
}

/**
 * Reads the body by chunks. A body whose `Content-Length` exceeds the limit is refused unread. The bytes are taken of
 * the budget until {@link giveBackBody}.
 *
 * @returns how many bytes were read
 */
async function readChunks(
  c: BodyContext,
  maxBytes: number,
  onChunk: (chunk: Uint8Array<ArrayBuffer>) => void,
): Promise<Result<number, BodyFault>> {
  const { headers } = c.req.raw;
  const declared = headers.get("transfer-encoding") === null ? headers.get("content-length") : null;
  if (Number(declared) > maxBytes) return refuse({ kind: "too-large", bytes: 0 });
  let bytes = 0;
  try {
    if (declared !== null && Number(declared) <= SMALL_BODY_BYTES) {
      const whole = new Uint8Array(await c.req.raw.arrayBuffer());
      if (whole.length > maxBytes) return refuse({ kind: "too-large", bytes: whole.length });
      if (!hold(c, whole.length)) return refuse({ kind: "bodies-too-large" });
      onChunk(whole);
      return ok(whole.length);
    }
    const { body } = c.req.raw;
    if (body === null) return ok(0);
    // Leaving the loop cancels the stream.
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > maxBytes) return refuse({ kind: "too-large", bytes });
      if (!hold(c, chunk.length)) return refuse({ kind: "bodies-too-large" });
      onChunk(chunk);
    }
    return ok(bytes);
  } catch {
    // The runtimes' own errors differ.
    return refuse({ kind: "broken-off" });
  }
}

function hold(c: BodyContext, bytes: number): boolean {
  if (isRequestIsolated()) return true;
  if (!bodyBudget.take(bytes)) {
    noteLimit(c, "body-budget");
    return false;
  }
  const facts: RequestLog = c.get("requestLog");
  facts.bodyBytes = (facts.bodyBytes ?? 0) + bytes;
  return true;
}

/**
 * Releases the bytes that a request's body holds of the process's budget. The request log's middleware calls it when
 * the request has been answered; a second call has no effect.
 */
export function giveBackBody(facts: RequestLog): void {
  if (facts.bodyBytes !== undefined) bodyBudget.give(facts.bodyBytes);
  facts.bodyBytes = 0;
}
