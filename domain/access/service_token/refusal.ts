/**
 * Why a caller is not let in, in the order in which the reasons are looked for (facts/notify.md 2.2).
 *
 * `clock-skew` and `token-invalid` are only said of a token whose signature fits a key.
 */
export type AuthRefusal =
  /** No `Authorization` header, or an empty one. */
  | { readonly kind: "token-missing" }
  /** The header does not start with `Bearer ` in any case. */
  | { readonly kind: "scheme-not-bearer" }
  /** Not three parts, bad base64url or JSON, or a payload that is no object. */
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
  /** No key signed the token, or it lacks what is needed to say so. */
  | { readonly kind: "key-not-found" }
  /** `iat` is too far from now or no number, or `nbf` is in the future. */
  | { readonly kind: "clock-skew" }
  /** Another claim forbids the token: `aud`, `exp`, or a `sub` or `jti` that is no string. */
  | { readonly kind: "token-invalid" }
  | { readonly kind: "key-revoked" };
