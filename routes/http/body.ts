/**
 * Reads bodies of requests. Routes call it after authentication. It stops at the first chunk that exceeds the limit.
 */
import type { Context } from "hono";
import { MAX_JSON_DEPTH, parseJson } from "../../domain/json/parse_json.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";

/** The default limit of a body, in bytes. */
export const MAX_BODY_BYTES = 5 * 1024 * 1024;

/** The body is larger than the limit. */
export interface TooLarge {
  readonly kind: "too-large";
}

/** A body that is expected to be JSON. */
export interface ReadBody {
  readonly isEmpty: boolean;
  /** Empty when the bytes are not UTF-8. */
  readonly text: string;
  /** `undefined` when the body is not valid JSON. */
  readonly json: unknown;
}

/** Reads the body, whatever its content type: clients that work with GOV.UK Notify may send any. */
export async function readBody(
  c: Pick<Context, "req">,
  maxBytes = MAX_BODY_BYTES,
): Promise<Result<ReadBody, TooLarge>> {
  const bytes = await readBytes(c, maxBytes);
  if (!bytes.ok) return bytes;
  const isEmpty = bytes.value.length === 0;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.value);
    return ok({ isEmpty, text, json: parseJson(text, MAX_JSON_DEPTH) });
  } catch {
    return ok({ isEmpty, text: "", json: undefined });
  }
}

/** Reads the body's bytes. A body whose `Content-Length` exceeds the limit is refused unread. */
export async function readBytes(
  c: Pick<Context, "req">,
  maxBytes: number,
): Promise<Result<Uint8Array<ArrayBuffer>, TooLarge>> {
  const { body, headers } = c.req.raw;
  if (body === null) return ok(new Uint8Array());
  const length = headers.get("transfer-encoding") === null ? headers.get("content-length") : null;
  if (length === null) return await readChunks(body, maxBytes);
  if (Number(length) > maxBytes) return refuse({ kind: "too-large" });
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  return bytes.length > maxBytes ? refuse({ kind: "too-large" }) : ok(bytes);
}

async function readChunks(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  maxBytes: number,
): Promise<Result<Uint8Array<ArrayBuffer>, TooLarge>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) return refuse({ kind: "too-large" });
    chunks.push(chunk);
  }
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return ok(only);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return ok(bytes);
}
