/**
 * Why a caller is refused, in the order of the checks (GOV.UK Notify's own).
 *
 * `clock-skew` and `token-invalid` are reported only for a token whose signature matches a key.
 */
export type AuthRefusal =
  /** No `Authorization` header, or an empty one. */
  | { readonly kind: "token-missing" }
  /** The header does not start with `Bearer ` (case-insensitive). */
  | { readonly kind: "scheme-not-bearer" }
  /** Not three segments, invalid base64url or JSON, or a payload that is not an object. */
  | { readonly kind: "token-undecodable" }
  /** No `iss` claim. */
  | { readonly kind: "issuer-missing" }
  /** `iss` is not a UUID. */
  | { readonly kind: "issuer-malformed" }
  | { readonly kind: "service-not-found" }
  /** The service never had a key, or all of them were revoked too long ago. */
  | { readonly kind: "no-keys" }
  | { readonly kind: "service-archived" }
  /** `alg` is not exactly `HS256`. */
  | { readonly kind: "algorithm-unsupported" }
  /** No key signed the token, or it lacks a claim that is needed to check that. */
  | { readonly kind: "key-not-found" }
  /** `iat` is too far from now or not a number, or `nbf` is in the future. */
  | { readonly kind: "clock-skew" }
  /** Another claim makes the token invalid: `aud`, `exp`, or a `sub` or `jti` that is not a string. */
  | { readonly kind: "token-invalid" }
  | { readonly kind: "key-revoked" };
