import { isIdempotencyKey } from "../../domain/sending/idempotency_key.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";

/** How long a request can be replayed by its idempotency key, in milliseconds. */
export const IDEMPOTENCY_TTL_MS = 24 * 3_600_000;

/** A caller's idempotency key with the request that it identifies, both as hashes. */
export interface IdempotentRequest {
  readonly keyHash: string;
  readonly requestHash: string;
}

/**
 * Reads the `Idempotency-Key` header.
 *
 * @param request the request that the key identifies: method, path, kind of API key and body
 * @returns `undefined` when the header is absent
 */
export async function readIdempotency(
  header: string | undefined,
  request: readonly string[],
): Promise<Result<IdempotentRequest | undefined, Refusal>> {
  if (header === undefined) return ok(undefined);
  if (!isIdempotencyKey(header)) return refuse({ kind: "idempotency-key-not-valid" });
  return ok({
    keyHash: await sha256(header),
    requestHash: await sha256(request.join("\n")),
  });
}

/**
 * Derives the key of one item from the key of the whole request. It never equals a key that a caller can send: a header
 * has no line breaks.
 *
 * @param header the key of the whole request
 * @param item identifies the item
 * @param request the request that the key identifies
 */
export async function deriveIdempotency(
  header: string,
  item: string,
  request: readonly string[],
): Promise<IdempotentRequest> {
  return {
    keyHash: await sha256(`${header}\n${item}`),
    requestHash: await sha256(request.join("\n")),
  };
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}
