/** Parses a service's token from the `Authorization` header. No I/O, no clock; nothing is verified here. */
import { parseServiceId, type ServiceId } from "../../ids.ts";
import { ok, refuse, type Result } from "../../result.ts";
import { fromBase64Url } from "./base64url.ts";
import type { AuthRefusal } from "./refusal.ts";

/** A service's decoded JWT, whose signature and claims are not verified yet. */
export interface ServiceToken {
  /** The compact form as sent, for the signature check. */
  readonly token: string;
  /** The service that the token claims to be from (`iss`). */
  readonly serviceId: ServiceId;
  /** The header's `alg`, of any type; `undefined` when it is absent. */
  readonly algorithm: unknown;
  readonly claims: Readonly<Record<string, unknown>>;
}

const SCHEME = "bearer ";

/**
 * Parses the JWT of an `Authorization` header, and its issuer. Nothing is verified.
 *
 * The first seven characters are the scheme `Bearer ` in any case; the rest is the token, including spaces.
 */
export function parseAuthorization(
  header: string | null | undefined,
): Result<ServiceToken, AuthRefusal> {
  if (!header) return refuse({ kind: "token-missing" });
  if (header.slice(0, SCHEME.length).toLowerCase() !== SCHEME) {
    return refuse({ kind: "scheme-not-bearer" });
  }
  const token = header.slice(SCHEME.length);
  const decoded = decodeToken(token);
  if (decoded === undefined) return refuse({ kind: "token-undecodable" });
  const { joseHeader, claims } = decoded;
  if (!Object.hasOwn(claims, "iss")) return refuse({ kind: "issuer-missing" });
  const serviceId = parseServiceId(claims.iss);
  if (serviceId === undefined) return refuse({ kind: "issuer-malformed" });
  return ok({ token, serviceId, algorithm: joseHeader.alg, claims });
}

function decodeToken(token: string) {
  // The payload is everything between the first and the last dot, so a fourth segment fails as base64url.
  const first = token.indexOf(".");
  const last = token.lastIndexOf(".");
  if (first === last) return undefined;
  const joseHeader = decodeObject(token.slice(0, first));
  const claims = decodeObject(token.slice(first + 1, last));
  const signature = fromBase64Url(token.slice(last + 1));
  if (joseHeader === undefined || claims === undefined || signature === undefined) return undefined;
  // Extensions change what is signed (RFC 7797) or must be understood (RFC 7515, 4.1.11); none is supported.
  if (joseHeader.b64 === false || Object.hasOwn(joseHeader, "crit")) return undefined;
  return { joseHeader, claims };
}

function decodeObject(segment: string): Record<string, unknown> | undefined {
  const bytes = fromBase64Url(segment);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
