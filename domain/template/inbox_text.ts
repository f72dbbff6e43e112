/** Inbox messages whose template is plain text: their safe HTML, and the plain text of any inbox message. */
import { decodeHTMLStrict } from "entities/decode";
import { mayStay } from "./html/address.ts";
import { htmlToText } from "./html/html_to_text.ts";
import type { HtmlPiece } from "./html/put_values.ts";
import { linkTag } from "./html/safe_html.ts";
import { decodeReferences, escapeMarkup } from "./html_text.ts";
import { hasTag } from "./syntax.ts";
import type { Template } from "./template.ts";
import { findWebAddresses, type WebAddress } from "./web_addresses.ts";

/** Stands for a placeholder or directive while the author's text is searched for tags: neither ends a tag. */
const PLACEHOLDER_SENTINEL = "_";
/** A character reference with its semicolon. */
const REFERENCE = /&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});/g;
/** A web address up to the end of the text, and how far back it is looked for: it keeps the time linear. */
const IN_ADDRESS = /:\/\/[^\s<>"]*$/;
const ADDRESS_BEFORE = 256;
/** Characters whose references count within an address: those that HTML escapes, and those that end an address. */
const READ_IN_ADDRESS = /^[&<>"'\p{Z}\p{Pi}\p{Pf}\p{Pd}…]/u;
const LINE_END = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;
/** Blank lines before the first line. */
const LEADING_LINES = /^(?:[ \t]*(?:\r\n|[\n\r\v\f\u0085\u2028\u2029]))+/;

const known = new WeakMap<Template, boolean>();

/** The author's text of an inbox template without placeholders, directives and comments of the template's syntax. */
function authorsText({ engine, source, body }: Template): string {
  if (engine === undefined) {
    return body.map((part) =>
      typeof part === "string"
        ? part
        : part.kind === "placeholder"
        ? part.conditionalText ?? PLACEHOLDER_SENTINEL
        : ""
    ).join("");
  }
  return engine.splitBody(source.body).map((text) => text ?? PLACEHOLDER_SENTINEL).join("");
}

/**
 * Whether an inbox template is plain text: its author wrote no HTML tag, comment or doctype. Values never decide it, nor
 * do character references, nor `<` and `>` that form no tag of HTML, as in `<ann@example.com>`.
 */
export function isPlainText(template: Template): boolean {
  const before = known.get(template);
  if (before !== undefined) return before;
  const isPlain = !hasTag(authorsText(template));
  known.set(template, isPlain);
  return isPlain;
}

/** What a value that is an address may have around it. */
const NO_TEXT = /^[\s\p{P}]*$/u;

/**
 * Creates a function that returns whether an address of the filled text may be a link: the author wrote it or its
 * beginning, or a value is an address as a whole, and no value changes the host that the author began. Addresses must be
 * given in order, so that all calls take time linear in the text.
 */
function createLinkCheck(pieces: readonly HtmlPiece[]): (found: WebAddress) => boolean {
  let next = 0;
  /** Offset of the piece `next`. */
  let at = 0;
  return ({ start, end }) => {
    const authors = [""];
    const values: string[] = [];
    let isOwn = true;
    for (;;) {
      const piece = pieces[next];
      if (piece === undefined || at >= end) break;
      const own = piece.text.slice(Math.max(0, start - at), end - at);
      if (own !== "" && piece.isValue) {
        if (at <= start) {
          isOwn = NO_TEXT.test(piece.text.slice(0, start - at)) &&
            NO_TEXT.test(piece.text.slice(end - at));
        }
        values.push(own);
        authors.push("");
      } else authors.push((authors.pop() ?? "") + own);
      // The next address may begin in the same piece.
      if (at + piece.text.length > end) break;
      at += piece.text.length;
      next++;
    }
    const address = authors.map((part, index) => part + (values[index] ?? "")).join("");
    return values.length === 0 || (isOwn && mayStay({ authors, values, address }));
  };
}

/**
 * Replaces the author's character references with their characters. Within a web address `&copy;` is a parameter, not a
 * reference.
 *
 * @param before the text before this one
 */
function readReferences(text: string, before: string): string {
  let out = "";
  let from = 0;
  for (const { 0: reference, index } of text.matchAll(REFERENCE)) {
    out += text.slice(from, index);
    from = index + reference.length;
    const character = decodeHTMLStrict(reference);
    const isRead = reference.startsWith("&#") || READ_IN_ADDRESS.test(character) ||
      !IN_ADDRESS.test(
        (before.slice(-ADDRESS_BEFORE) + out.slice(-ADDRESS_BEFORE)).slice(-ADDRESS_BEFORE),
      );
    out += isRead ? character : reference;
  }
  return out + text.slice(from);
}

function toLines(text: string): string {
  return escapeMarkup(text).replace(LINE_END, "<br>");
}

/**
 * Converts the filled text of a plain text template to safe HTML: the text is escaped, each line end becomes `<br>`, and
 * `http` and `https` addresses become links. Blank lines before the first line, and white space after the last, are
 * removed. The author's character references that have a semicolon count as their characters; a value is shown as it is,
 * and so is an address, but for references to characters that HTML escapes.
 *
 * A value adds a link only where it is an address as a whole: an address within the text of a value stays text, and so
 * does one whose value changes the host that the author began ({@link mayStay}).
 *
 * @param filled the author's text and the values, in order, not escaped
 */
export function plainTextToHtml(filled: readonly HtmlPiece[]): string {
  let text = "";
  const pieces = filled.map((piece) => {
    const shown = piece.isValue ? piece.text : readReferences(piece.text, text);
    text += shown;
    return { isValue: piece.isValue, text: shown };
  });
  const mayBeLink = createLinkCheck(pieces);
  let from = LEADING_LINES.exec(text)?.[0].length ?? 0;
  let out = "";
  for (const found of findWebAddresses(text)) {
    if (!mayBeLink(found)) continue;
    const address = text.slice(found.start, found.end);
    out += `${toLines(text.slice(from, found.start))}${linkTag(address)}${
      escapeMarkup(address)
    }</a>`;
    from = found.end;
  }
  return out + toLines(text.slice(from).trimEnd());
}

/** A link as {@link linkTag} begins it, with its address and a label without tags. */
const LINK = /<a href="([^"]*)" rel="noopener noreferrer">([^<]*)<\/a>/g;

function linkText(href: string, label: string): string {
  const [address, shown] = [decodeReferences(href), decodeReferences(label)];
  if ([shown, `mailto:${shown}`, `tel:${shown}`].includes(address)) return label;
  return shown.trim() === "" ? href : `${label}: ${href}`;
}

/**
 * The plain text of an inbox message, without markup: of a plain text template its filled text, of other HTML the text
 * with a line for each block. A link is followed by its address, unless it shows that already.
 *
 * @param html the sanitised HTML of the message
 */
export function inboxText(html: string): string {
  if (!html.includes("<")) return decodeReferences(html);
  // White space of HTML has no meaning, of plain text it has: only HTML contains line ends.
  if (!/[\n\r]/.test(html)) {
    const text = html.replaceAll("<br>", "\n").replace(
      LINK,
      (_, href: string, label: string) => linkText(href, label),
    );
    if (!text.includes("<")) return decodeReferences(text);
  }
  return htmlToText(html, { rules: false });
}

/**
 * The safe HTML of a stored inbox message. Messages that were stored without a tag have `<br>` at each line end:
 * versions before 0.3 stored plain text with its line ends.
 */
export function inboxHtml(html: string): string {
  return html.includes("<") ? html : html.replace(LINE_END, "<br>");
}
