import { decodeHTML } from "entities/decode";

const REFERENCE = /&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/g;
/** References that are not decoded, so that authors can write them. */
const KEPT = new Set(["nbsp;", "amp;"]);

/** Code points, first and last, whose references Python decodes to nothing. A browser gives the character itself. */
const DROPPED: readonly (readonly [number, number])[] = [
  [0x1, 0x8],
  [0xb, 0xb],
  [0xe, 0x1f],
  [0x7f, 0x7f],
  [0xfdd0, 0xfdef],
];

/** Whether Python drops the reference; the last two code points of every plane are among them. */
function isDropped(code: number): boolean {
  return DROPPED.some(([first, last]) => first <= code && code <= last) ||
    ((code & 0xfffe) === 0xfffe && code <= 0x10ffff);
}

/** The code point in the body of a numeric reference: `#65;`, `#x41`. */
function codePointOf(body: string): number {
  return /^#x/i.test(body)
    ? Number.parseInt(body.slice(2), 16)
    : Number.parseInt(body.slice(1), 10);
}

/** The references that rendering itself writes. */
const COMMON: ReadonlyMap<string, string> = new Map([
  ["amp;", "&"],
  ["lt;", "<"],
  ["gt;", ">"],
  ["quot;", '"'],
  ["#39;", "'"],
  ["nbsp;", "\u00a0"],
  ["#40;", "("],
  ["#41;", ")"],
  ["#92;", "\\"],
]);

/** What makes a name without a semicolon the begin of a word, or of a parameter in an address. */
const CONTINUES_NAME = /^[\p{L}\p{N}=]/u;

function decodeReference(reference: string, body: string): string {
  const common = COMMON.get(body);
  if (common !== undefined) return common;
  if (body.startsWith("#")) return isDropped(codePointOf(body)) ? "" : decodeHTML(reference);
  const decoded = decodeHTML(reference);
  if (decoded === reference) return decoded;
  if (body.endsWith(";")) return body.includes("=") ? reference : decoded;
  // A name without its semicolon stands for one character; `&region=` is a parameter of an address.
  const after = decoded.slice(1);
  return CONTINUES_NAME.test(after) ? reference : decoded;
}

/**
 * Decodes character references as Python's `html.unescape` does: `&notit;` becomes `¬it;`, and references to most control
 * characters and to noncharacters are dropped. Unlike it, and as browsers do in attributes, it leaves a name as text that
 * no semicolon ends and a letter, a digit or `=` follows: `&copyright`, `&region=`.
 *
 * Source: `html.unescape` of Python, which GOV.UK Notify uses. The names are those of WHATWG HTML, section 13.5.
 */
export function decodeReferences(text: string): string {
  return text.includes("&") ? text.replace(REFERENCE, decodeReference) : text;
}

/** A name after `&` without a semicolon, and the `=` after it. */
const OPEN_NAME = /&[A-Za-z][A-Za-z0-9]{1,63}(?![A-Za-z0-9;])=?/g;
/** Length of the longest reference that has a meaning without its semicolon: `&middot`. */
const LONGEST_OPEN = 7;

function escapeOpenName(name: string): string {
  const begin = name.slice(0, LONGEST_OPEN);
  const decoded = decodeHTML(begin);
  const isRead = decoded !== begin;
  const isWhole = decoded.length === 1 && name.length === begin.length;
  return isRead && !isWhole ? `&amp;${name.slice(1)}` : name;
}

/**
 * Escapes the `&` of names that {@link decodeReferences} reads as text and a browser does not, as in `?a=1&copy=2`, so
 * that both read the same.
 */
export function escapeOpenNames(html: string): string {
  return html.includes("&") ? html.replace(OPEN_NAME, escapeOpenName) : html;
}

/** The references that an address may hold. Other names are those of its parameters. */
const IN_ADDRESS_REFERENCE = /&(?:#[0-9]+|#[xX][0-9a-fA-F]+|amp|lt|gt|quot|apos|nbsp);/g;

/**
 * Decodes the character references of an address: numbers, and the names of the characters that HTML escapes, with their
 * semicolon. `&copy=`, `&region=` and `&copy;` begin a parameter there.
 */
export function decodeAddress(address: string): string {
  return address.includes("&")
    ? address.replace(
      IN_ADDRESS_REFERENCE,
      (reference) => decodeReference(reference, reference.slice(1)),
    )
    : address;
}

/** Replaces `&`, `<` and `>` with character references: for text between tags. */
export function escapeMarkup(text: string): string {
  if (!/[&<>]/.test(text)) return text;
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Replaces `&`, `<`, `>` and both quotes with character references: for an attribute in double or single quotes. */
export function escapeAttribute(text: string): string {
  if (!/[&<>"']/.test(text)) return text;
  return escapeMarkup(text).replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}

/**
 * How many characters before a reference `escapeHtml` searches for the start of a web address. It keeps the time
 * linear.
 */
export const ADDRESS_BEFORE = 256;
const IN_ADDRESS = /:\/\/[^\s<>]*$/;
const REFERENCE_OF_ADDRESS = /^&(?:#|(?:amp|lt|gt|quot|apos|nbsp);)/;
/** Names of quotes, dashes and spaces, which end an address. They are no parameters. */
const ENDS_ADDRESS = /^&(?:[lr]?[sdb]quor?|[lr]aquo|[nm]dash|hellip|(?:en|em|thin)sp|zwn?j);$/;

/**
 * Whether a reference is the begin of a parameter, as {@link decodeAddress} reads it: a web address stands before it, and
 * the character is none that ends one.
 */
function isParameter(text: string, match: RegExpExecArray, continuesAddress: boolean): boolean {
  if (REFERENCE_OF_ADDRESS.test(match[0]) || ENDS_ADDRESS.test(match[0])) return false;
  const before = text.slice(Math.max(0, match.index - ADDRESS_BEFORE), match.index);
  return continuesAddress || IN_ADDRESS.test(before);
}

/**
 * Escapes text for HTML as GOV.UK Notify does: references that end in a semicolon are decoded first (except `&nbsp;` and
 * `&amp;`), then `&`, `<` and `>` are escaped. Quotes are not escaped. The parameters of a web address keep their names.
 *
 * @param continuesAddress whether the text stands after the begin of a web address
 */
export function escapeHtml(text: string, continuesAddress = false): string {
  if (!/[&<>]/.test(text)) return text;
  if (!text.includes("&")) return escapeMarkup(text);
  let out = "";
  let from = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const body = match[1] ?? "";
    if (!body.endsWith(";")) continue;
    if (isParameter(text, match, continuesAddress)) continue;
    out += escapeMarkup(text.slice(from, match.index));
    out += KEPT.has(body) || body === "lt;" || body === "gt;"
      ? match[0]
      : escapeMarkup(decodeReference(match[0], body));
    from = match.index + match[0].length;
  }
  return out + escapeMarkup(text.slice(from));
}

/** Escapes text in a markdown e-mail for HTML: `<`, `>`, and each `&` that does not begin a character reference. */
export function escapeText(text: string): string {
  if (!/[&<>]/.test(text)) return text;
  return text.replace(/&(?!#?[\p{L}\p{N}_]+;)/gu, "&amp;").replaceAll("<", "&lt;").replaceAll(
    ">",
    "&gt;",
  );
}
