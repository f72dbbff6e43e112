/** Anything that could end a header line or hide in one: controls and Unicode's line breaks. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

const LONE_ADDRESS = /^[^\s\p{C}<>()[\]\\,;:"@]+@[^\s\p{C}<>()[\]\\,;:"@]+$/u;

/** `text` on one line: line breaks and other controls become a blank. */
export function toOneLine(text: string): string {
  return text.replace(CONTROLS, " ").trim();
}

/** Whether `text` is one bare address: nothing that a header would read as a second one or as a name. */
export function isLoneAddress(text: string): boolean {
  return LONE_ADDRESS.test(text);
}

/** Whether `name` can name a header (RFC 5322 section 3.6.8, and nothing exotic). */
export function isHeaderName(name: string): boolean {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name);
}

/** `"name" <address>` with the name as a quoted string (RFC 5322 section 3.2.4), or the address alone. */
export function toMailbox({ name, address }: { name: string; address: string }): string {
  const line = toOneLine(name);
  if (line === "") return address;
  return `"${line.replace(/["\\]/g, "\\$&")}" <${address}>`;
}
