import { namedEntity } from "./entity_names.ts";

/** What the numbers 0x80 to 0x9f stand for in a character reference: windows-1252. */
const WINDOWS_1252 =
  "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f" +
  "\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

const REFERENCE = /&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/g;
/** The two that are kept as they are, so that an author can write them. */
const KEPT = new Set(["nbsp;", "amp;"]);

function isNonCharacter(code: number): boolean {
  return (code >= 0x1 && code <= 0x8) || code === 0xb || (code >= 0xe && code <= 0x1f) ||
    (code >= 0x7f && code <= 0x9f) || (code >= 0xfdd0 && code <= 0xfdef) ||
    (code & 0xfffe) === 0xfffe;
}

function numericReference(body: string): string {
  const digits = body.endsWith(";") ? body.slice(0, -1) : body;
  const code = /^#[xX]/.test(digits)
    ? Number.parseInt(digits.slice(2), 16)
    : Number(digits.slice(1));
  if (code === 0 || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return "\ufffd";
  if (code >= 0x80 && code <= 0x9f) return WINDOWS_1252.charAt(code - 0x80);
  if (isNonCharacter(code)) return "";
  return String.fromCodePoint(code);
}

function reference(whole: string, body: string): string {
  if (body.startsWith("#")) return numericReference(body);
  const exact = namedEntity(body);
  if (exact !== undefined) return exact;
  // The longest name that the text starts with counts, as in a browser: `&notit;` is `¬it;`.
  for (let length = body.length - 1; length > 1; length--) {
    const prefix = namedEntity(body.slice(0, length));
    if (prefix !== undefined) return prefix + body.slice(length);
  }
  return whole;
}

/** Character references decoded, with or without their semicolon, as a browser would. */
export function decodeReferences(text: string): string {
  return text.includes("&") ? text.replace(REFERENCE, reference) : text;
}

/** `&`, `<` and `>` as references. */
export function escapeMarkup(text: string): string {
  if (!/[&<>]/.test(text)) return text;
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** As {@link escapeMarkup}, and quotes: fit for an attribute in double or single quotes. */
export function escapeAttribute(text: string): string {
  if (!/[&<>"']/.test(text)) return text;
  return escapeMarkup(text).replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}

/**
 * Makes text fit for HTML: references that end in a semicolon are decoded first (but `&nbsp;` and `&amp;` kept), then
 * `&`, `<` and `>` are escaped. Quotes are left alone. (facts/notify.md 4.2)
 */
export function escapeHtml(text: string): string {
  if (!/[&<>]/.test(text)) return text;
  if (!text.includes("&")) return escapeMarkup(text);
  let out = "";
  let from = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const body = match[1] ?? "";
    if (!body.endsWith(";")) continue;
    out += escapeMarkup(text.slice(from, match.index));
    out += KEPT.has(body) ? match[0] : escapeMarkup(reference(match[0], body));
    from = match.index + match[0].length;
  }
  return out + escapeMarkup(text.slice(from));
}

/** Escapes what a text node of markdown still holds; an ampersand that begins a reference is left. */
export function escapeText(text: string): string {
  if (!/[&<>]/.test(text)) return text;
  return text.replace(/&(?!#?[\p{L}\p{N}_]+;)/gu, "&amp;").replaceAll("<", "&lt;").replaceAll(
    ">",
    "&gt;",
  );
}
