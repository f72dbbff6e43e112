import { type NotificationRef, parseServiceId, type ServiceId } from "../../../domain/ids.ts";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import { hex } from "../connection/row.ts";

const SERVICE_BYTES = 16;
/** A token: the service's id of 16 bytes and an HMAC of 32, in base64url. */
const TOKEN = /^[A-Za-z0-9_-]{64}$/;

/** The text whose HMAC is in the token of an unsubscribe link. */
export function signedText({ serviceId, notificationId }: NotificationRef): string {
  return `unsubscribe ${serviceId} ${notificationId}`;
}

/** Encodes the token of an unsubscribe link. @param mac the HMAC of {@link signedText}, 32 bytes */
export function toToken(serviceId: ServiceId, mac: Bytes): string {
  const id = serviceId.replaceAll("-", "").match(/../g) ?? [];
  const bytes = [...id.map((pair) => Number.parseInt(pair, 16)), ...mac];
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

/** Decodes a token; it does not check the HMAC. @returns `undefined` when it is malformed */
export function fromToken(token: string): { serviceId: ServiceId; mac: Bytes } | undefined {
  if (!TOKEN.test(token)) return undefined;
  const text = atob(token.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const serviceId = parseServiceId(hex(bytes.subarray(0, SERVICE_BYTES)));
  return serviceId && { serviceId, mac: bytes.slice(SERVICE_BYTES) };
}
