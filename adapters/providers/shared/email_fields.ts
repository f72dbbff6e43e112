/** Characters that could end a header line or hide in one: control characters and Unicode line breaks. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

const LONE_ADDRESS = /^[^\s\p{C}<>()[\]\\,;:"@]+@[^\s\p{C}<>()[\]\\,;:"@]+$/u;

/** Puts `text` on one line: line breaks and other control characters become a space. */
export function toOneLine(text: string): string {
  return text.replace(CONTROLS, " ").trim();
}

/** Whether `text` is one bare address, which a header cannot read as several addresses or as a name. */
export function isLoneAddress(text: string): boolean {
  return LONE_ADDRESS.test(text);
}

/** Whether `name` is a header name (a subset of RFC 5322 section 3.6.8). */
export function isHeaderName(name: string): boolean {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name);
}

/** `"name" <address>` with the name as a quoted string (RFC 5322 section 3.2.4), or the address alone. */
export function toMailbox({ name, address }: { name: string; address: string }): string {
  const line = toOneLine(name);
  if (line === "") return address;
  return `"${line.replace(/["\\]/g, "\\$&")}" <${address}>`;
}
