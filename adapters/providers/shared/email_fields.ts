import { toAsciiHost } from "../../../domain/recipient/idna.ts";

/** Characters that could end a header line or hide in one: control characters and Unicode line breaks. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

const LONE_ADDRESS = /^[^\s\p{C}<>()[\]\\,;:"@]+@[^\s\p{C}<>()[\]\\,;:"@]+$/u;

/**
 * Puts `text` on one line: each run of line breaks and other control characters becomes a space; the ends are trimmed.
 */
export function toOneLine(text: string): string {
  return text.replace(CONTROLS, " ").trim();
}

/** Whether `text` is exactly one bare address (`name@host`), without a display name, brackets, commas or quotes. */
export function isLoneAddress(text: string): boolean {
  return LONE_ADDRESS.test(text);
}

/** Whether `name` is a valid name of an e-mail header (the characters are a subset of RFC 5322 section 3.6.8). */
export function isHeaderName(name: string): boolean {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name);
}

/**
 * Formats `"name" <address>`, or the address alone when the name is blank. The name is put on one line and escaped as a
 * quoted string (RFC 5322 section 3.2.4); the address is not checked.
 */
export function toMailbox({ name, address }: { name: string; address: string }): string {
  const line = toOneLine(name);
  if (line === "") return address;
  return `"${line.replace(/["\\]/g, "\\$&")}" <${address}>`;
}

/**
 * Encodes the domain of an address by IDNA, as providers take it; an ASCII domain stays as it is.
 *
 * @returns `undefined` when the domain cannot be encoded
 */
export function toAsciiDomain(address: string): string | undefined {
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1);
  if (at < 0 || /^\p{ASCII}*$/u.test(domain)) return address;
  const host = toAsciiHost(domain);
  return host === undefined ? undefined : `${address.slice(0, at + 1)}${host}`;
}
