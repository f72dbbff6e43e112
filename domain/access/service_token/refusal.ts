/**
 * Why a caller is refused, in the order of the checks (GOV.UK Notify's own). Only the checks of claims alternate:
 * `checkClaims` has their order.
 *
 * `clock-skew`, `token-invalid`, `key-revoked` and `key-expired` are reported only for a token whose signature matches a key.
 */
export type AuthRefusal =
  /** No `Authorization` header, or an empty one. */
  | { readonly kind: "token-missing" }
  /** The header does not start with `Bearer ` (case-insensitive). */
  | { readonly kind: "scheme-not-bearer" }
  /**
   * Not three segments, invalid base64url or JSON, a header or payload that is not an object, or a header with an
   * extension (`crit`, or `b64: false`).
   */
  | { readonly kind: "token-undecodable" }
  /** No `iss` claim. */
  | { readonly kind: "issuer-missing" }
  /** `iss` is not a UUID. */
  | { readonly kind: "issuer-malformed" }
  | { readonly kind: "service-not-found" }
  /** The service never had a key, or all of them were revoked about a week ago or earlier. */
  | { readonly kind: "no-keys" }
  | { readonly kind: "service-archived" }
  /** `alg` is not exactly `HS256`. */
  | { readonly kind: "algorithm-unsupported" }
  /** No key signed the token; or one did, but `iat` is missing, or `nbf` or `exp` is not a number. */
  | { readonly kind: "key-not-found" }
  /** `iat` is more than 30 seconds from now or not a number, or `nbf` is more than 30 seconds in the future. */
  | { readonly kind: "clock-skew" }
  /** `exp` is at least 30 seconds ago, `aud` is not empty, or `sub` or `jti` is not a string. */
  | { readonly kind: "token-invalid" }
  | { readonly kind: "key-revoked" }
  /** The key that signed the token has expired, by the time that it was created with. */
  | { readonly kind: "key-expired" };
