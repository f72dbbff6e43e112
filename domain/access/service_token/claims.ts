/** Checks the claims of a token whose signature matches a key. No clock: `now` is passed in. */
import { ok, refuse, type Result } from "../../result.ts";
import type { ApiKey } from "../../service/service.ts";
import type { AuthRefusal } from "./refusal.ts";
import type { ServiceToken } from "./token.ts";

const LEEWAY_S = 30;

/**
 * Checks the claims of a token, and that its key was not revoked and has not expired.
 *
 * The order is GOV.UK Notify's, which comes from two layers: PyJWT checks `iat` in the future, `nbf`, `exp`, `aud`,
 * `sub` and `jti`, then GOV.UK Notify itself checks for a missing or old `iat`, and last for a revoked key. Keys that expire are our own.
 *
 * @param key the key that signed the token
 * @param now epoch milliseconds
 * @returns `key`; or the first refusal that applies: `clock-skew`, `token-invalid`, `key-not-found` (`iat` is
 * missing, or `nbf` or `exp` is not a number), `key-revoked` or `key-expired`
 */
export function checkClaims(
  token: Pick<ServiceToken, "claims">,
  key: ApiKey,
  now: number,
): Result<ApiKey, AuthRefusal> {
  const refusal = refusalOfRegisteredClaims(token.claims, now / 1000) ??
    refusalOfAge(token.claims, Math.floor(now / 1000));
  if (refusal !== undefined) return refuse(refusal);
  if (key.revokedAt !== undefined) return refuse({ kind: "key-revoked" });
  if (key.expiresAt !== undefined && key.expiresAt <= now) return refuse({ kind: "key-expired" });
  return ok(key);
}

type Claims = ServiceToken["claims"];

function refusalOfRegisteredClaims(claims: Claims, nowS: number): AuthRefusal | undefined {
  if (Object.hasOwn(claims, "iat")) {
    const issuedAt = toWholeNumber(claims.iat);
    if (issuedAt === undefined || issuedAt > nowS + LEEWAY_S) return { kind: "clock-skew" };
  }
  if (Object.hasOwn(claims, "nbf")) {
    const notBefore = toWholeNumber(claims.nbf);
    if (notBefore === undefined) return { kind: "key-not-found" };
    if (notBefore > nowS + LEEWAY_S) return { kind: "clock-skew" };
  }
  if (Object.hasOwn(claims, "exp")) {
    const expiresAt = toWholeNumber(claims.exp);
    if (expiresAt === undefined) return { kind: "key-not-found" };
    if (expiresAt <= nowS - LEEWAY_S) return { kind: "token-invalid" };
  }
  if (!isFalsy(claims.aud)) return { kind: "token-invalid" };
  const hasOddName = ["sub", "jti"].some((name) =>
    Object.hasOwn(claims, name) && typeof claims[name] !== "string"
  );
  return hasOddName ? { kind: "token-invalid" } : undefined;
}

function refusalOfAge(claims: Claims, nowWholeS: number): AuthRefusal | undefined {
  if (!Object.hasOwn(claims, "iat")) return { kind: "key-not-found" };
  const issuedAt = toWholeNumber(claims.iat);
  if (issuedAt === undefined || nowWholeS > issuedAt + LEEWAY_S) return { kind: "clock-skew" };
  return undefined;
}

const DIGITS = /^[+-]?\d+(?:_\d+)*$/;

/** Python's `int()` of a JSON value: truncates fractions, parses strings of digits. */
function toWholeNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? Math.trunc(value) : undefined;
  if (typeof value === "boolean") return Number(value);
  if (typeof value !== "string") return undefined;
  const digits = value.trim();
  return DIGITS.test(digits) ? Number(digits.replaceAll("_", "")) : undefined;
}

/** Whether Python takes a JSON value for false. */
function isFalsy(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return !value;
}
