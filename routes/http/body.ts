/**
 * Bodies of requests. Nothing of one is read before somebody asks for it, so that a route knows its caller first, and
 * never more than the limit and the piece that goes beyond it.
 */
import type { Context } from "hono";
import { MAX_JSON_DEPTH, parseJson } from "../../domain/json/parse_json.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";

/** The largest body that a route reads which says nothing else, in bytes. */
export const MAX_BODY_BYTES = 5 * 1024 * 1024;

/** The body is larger than the route reads. */
export interface TooLarge {
  readonly kind: "too-large";
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

/** Reads the body's bytes; one that says that it is too large is refused unread. */
export async function readBytes(
  c: Pick<Context, "req">,
  maxBytes: number,
): Promise<Result<Uint8Array<ArrayBuffer>, TooLarge>> {
  const { body, headers } = c.req.raw;
  if (body === null) return ok(new Uint8Array());
  const length = headers.get("transfer-encoding") === null ? headers.get("content-length") : null;
  if (length === null) return await readPieces(body, maxBytes);
  if (Number(length) > maxBytes) return refuse({ kind: "too-large" });
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  return bytes.length > maxBytes ? refuse({ kind: "too-large" }) : ok(bytes);
}

async function readPieces(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  maxBytes: number,
): Promise<Result<Uint8Array<ArrayBuffer>, TooLarge>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  // Leaving the loop cancels the rest.
  for await (const piece of body) {
    size += piece.length;
    if (size > maxBytes) return refuse({ kind: "too-large" });
    pieces.push(piece);
  }
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return ok(only);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return ok(bytes);
}
