import { isIdempotencyKey } from "../../domain/sending/idempotency_key.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { sha256Hex } from "../sha256_hex.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { DAY_MS } from "../../domain/time/durations.ts";

/** How long a request can be replayed by its idempotency key, in milliseconds. */
export const IDEMPOTENCY_TTL_MS = DAY_MS;

/**
 * A caller's idempotency key, and the request that was sent with it, both as SHA-256 hashes in hexadecimal. The same
 * key with another `requestHash` is an error of the caller.
 */
export interface IdempotentRequest {
  readonly keyHash: string;
  readonly requestHash: string;
}

/**
 * Validates and hashes the value of an `Idempotency-Key` header.
 *
 * @param request what makes two requests the same: method, path, kind of API key and body
 * @returns `undefined` when the header is absent; the refusal `idempotency-key-not-valid` when it is not valid
 */
export async function readIdempotency(
  header: string | undefined,
  request: readonly string[],
): Promise<Result<IdempotentRequest | undefined, Refusal>> {
  if (header === undefined) return ok(undefined);
  if (!isIdempotencyKey(header)) return refuse({ kind: "idempotency-key-not-valid" });
  return ok({
    keyHash: await sha256Hex(header),
    requestHash: await sha256Hex(request.join("\n")),
  });
}

/**
 * Derives the idempotency key of one item of a request from the key of the whole request. The derived key contains a
 * line break before it is hashed, which a header cannot, so it never equals a key that a caller sends.
 *
 * @param header the `Idempotency-Key` of the whole request
 * @param item identifies the item within the request, such as its index
 * @param request what makes two items the same: method, path, kind of API key and the item
 */
export async function deriveIdempotency(
  header: string,
  item: string,
  request: readonly string[],
): Promise<IdempotentRequest> {
  return {
    keyHash: await sha256Hex(`${header}\n${item}`),
    requestHash: await sha256Hex(request.join("\n")),
  };
}
