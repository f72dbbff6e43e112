/** Makes forged and odd JWTs. Texts are taken as they are, so that a token can hold what no library writes. */

import { webcrypto } from "node:crypto";
import type { CryptoKey } from "jose";

/** The members of a header or of claims; `undefined` leaves one out. */
export type Json = Readonly<Record<string, unknown>>;

const encoder = new TextEncoder();

/** Encodes bytes, a text or JSON as base64url. */
export function toSegment(value: Uint8Array | string | Json): string {
  const bytes = value instanceof Uint8Array ? value : encoder.encode(toText(value));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function toText(value: string | Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A JWT with an HMAC, whatever algorithm its header names. */
export async function signHmac(
  header: Json | string,
  claims: Json | string,
  secret: string | Uint8Array<ArrayBuffer>,
  hash = "SHA-256",
): Promise<string> {
  const bytes = typeof secret === "string" ? encoder.encode(secret) : secret;
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash }, false, ["sign"]);
  return await sign(header, claims, (input) => crypto.subtle.sign("HMAC", key, input));
}

/** A JWT with an ECDSA signature over P-256 with SHA-256, whatever algorithm its header names. */
export async function signEcdsa(
  header: Json | string,
  claims: Json | string,
  key: CryptoKey,
): Promise<string> {
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  return await sign(header, claims, (input) => webcrypto.subtle.sign(algorithm, key, input));
}

async function sign(
  header: Json | string,
  claims: Json | string,
  toSignature: (input: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>,
): Promise<string> {
  const input = `${toSegment(header)}.${toSegment(claims)}`;
  return `${input}.${toSegment(new Uint8Array(await toSignature(encoder.encode(input))))}`;
}
