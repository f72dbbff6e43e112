import { isIdempotencyKey } from "../../domain/sending/idempotency_key.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";

/** How long an idempotency key stands for its first request. */
export const IDEMPOTENCY_TTL_MS = 24 * 3_600_000;

/** A caller's idempotency key with the request that it stands for, both as hashes. */
export interface IdempotentRequest {
  readonly keyHash: string;
  readonly requestHash: string;
}

/**
 * Reads the `Idempotency-Key` header.
 *
 * @param request the request that the key identifies: method, path, key and body
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
 * The key of one part of a request that has a key for all of it. No caller's own key can be the same: those have no
 * line breaks.
 *
 * @param header the key of all, as {@link readIdempotency} takes it
 * @param part says which part it is
 * @param request what the key stands for
 */
export async function deriveIdempotency(
  header: string,
  part: string,
  request: readonly string[],
): Promise<IdempotentRequest> {
  return {
    keyHash: await sha256(`${header}\n${part}`),
    requestHash: await sha256(request.join("\n")),
  };
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
