/** Sanitises HTML for display on another site's page: builds it from a list of harmless tags. */
import { escapeAttribute, escapeMarkup } from "../html_text.ts";
import { hasLinkScheme } from "./address.ts";
import { scanHtml } from "./scan.ts";

/** The tags that {@link toSafeHtml} keeps. Attributes are removed, except the `href` of `a`, the `start` of `ol` and the `value` of `li`. */
export const SAFE_TAGS: ReadonlySet<string> = new Set([
  "a",
  "b",
  "blockquote",
  "br",
  "em",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "hr",
  "i",
  "li",
  "ol",
  "p",
  "s",
  "strong",
  "table",
  "tbody",
  "td",
  "th",
  "thead",
  "tr",
  "u",
  "ul",
]);

/** Maximum nesting depth of tags; deeper text is kept without its tags. */
export const MAX_OPEN_TAGS = 100;

const VOID_TAGS: ReadonlySet<string> = new Set(["br", "hr"]);
const FOREIGN_TAGS: ReadonlySet<string> = new Set(["svg", "math"]);
/** Tags that are removed with their content. */
const DROPPED_TAGS: ReadonlySet<string> = new Set([
  ...FOREIGN_TAGS,
  "applet",
  "audio",
  "canvas",
  "iframe",
  "noembed",
  "noframes",
  "noscript",
  "object",
  "plaintext",
  "script",
  "select",
  "style",
  "template",
  "textarea",
  "title",
  "video",
  "xmp",
]);

const ENDS_PARAGRAPH: readonly string[] = ["p"];
/** For an opening tag, the innermost open tags that it closes implicitly, as in a browser. */
const IMPLIED_ENDS: ReadonlyMap<string, readonly string[]> = new Map([
  ...["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table", "hr"].map((
    name,
  ) => [name, ENDS_PARAGRAPH] as const),
  ["li", ["li", "p"]],
  ["td", ["td", "th", "p"]],
  ["th", ["td", "th", "p"]],
  ["tr", ["tr", "td", "th", "p"]],
  ["thead", ["thead", "tbody", "tr", "td", "th", "p"]],
  ["tbody", ["thead", "tbody", "tr", "td", "th", "p"]],
]);

/** Returns an address without the characters that browsers ignore. */
function toAddress(href: string | undefined): string | undefined {
  const address = href?.replace(/[\t\r\n]/g, "").trim();
  return address !== undefined && hasLinkScheme(address) ? address : undefined;
}

/** The attributes that number a list's items. */
const NUMBERS: ReadonlyMap<string, string> = new Map([["ol", "start"], ["li", "value"]]);

/**
 * The number with which the author lets a list (`start` of `ol`) or a list item (`value` of `li`) begin. `undefined`
 * for other tags, and for a value that is not 1 to 9 digits.
 */
export function listNumber(
  name: string,
  attributes: ReadonlyMap<string, string>,
): number | undefined {
  const written = attributes.get(NUMBERS.get(name) ?? "")?.trim();
  return written !== undefined && /^[0-9]{1,9}$/.test(written) ? Number(written) : undefined;
}

function numberAttribute(name: string, attributes: ReadonlyMap<string, string>): string {
  const number = listNumber(name, attributes);
  return number === undefined ? "" : ` ${NUMBERS.get(name)}="${number}"`;
}

/** The opening tag of a link to `href`, which must have a scheme that {@link hasLinkScheme} allows. */
export function linkTag(href: string): string {
  return `<a href="${escapeAttribute(href)}" rel="noopener noreferrer">`;
}

/**
 * Creates a tracker of the elements that are left out with their content, such as scripts. Call `isSkipped` for every
 * opening tag and `isClosed` for every closing tag, in order: both return whether the tag is left out. `isSkipping`
 * returns whether text at the present place is left out.
 */
export function createSkipper(): {
  readonly isSkipped: (name: string, isSelfClosed: boolean) => boolean;
  readonly isClosed: (name: string) => boolean;
  readonly isSkipping: () => boolean;
} {
  let skipped: string | undefined;
  let depth = 0;
  return {
    isSkipping: () => skipped !== undefined,
    isSkipped: (name, isSelfClosed) => {
      if (isSelfClosed && FOREIGN_TAGS.has(name)) return true;
      if (skipped === undefined && DROPPED_TAGS.has(name)) skipped = name;
      if (name === skipped) depth++;
      return skipped !== undefined;
    },
    isClosed: (name) => {
      if (skipped === undefined) return false;
      if (name === skipped && --depth === 0) skipped = undefined;
      return true;
    },
  };
}

/**
 * Sanitises untrusted HTML for a page of another site. {@link SAFE_TAGS} are kept, always closed and without
 * attributes, but for the numbers of lists; a link keeps its address where the scheme is `http`, `https`, `mailto` or
 * `tel`. Other tags are removed
 * and their content is kept, except for scripts, styles, frames and images, whose content is removed too. Text is
 * unchanged, with `&`, `<` and `>` as references.
 */
export function toSafeHtml(html: string): string {
  // Most messages are plain text.
  if (!/[<>&]/.test(html)) return html;
  let out = "";
  const stack: string[] = [];
  const skipper = createSkipper();
  const closeTop = () => out += `</${stack.pop()}>`;
  scanHtml(html, {
    text: (text) => {
      if (!skipper.isSkipping()) out += escapeMarkup(text);
    },
    open: (name, attributes, isSelfClosed) => {
      if (skipper.isSkipped(name, isSelfClosed) || !SAFE_TAGS.has(name)) return;
      const href = name === "a" ? toAddress(attributes.get("href")) : undefined;
      if (name === "a" && (href === undefined || stack.includes("a"))) return;
      const ended = IMPLIED_ENDS.get(name);
      while (ended?.includes(stack.at(-1) ?? "")) closeTop();
      if (VOID_TAGS.has(name)) out += `<${name}>`;
      else if (stack.length < MAX_OPEN_TAGS) {
        out += href === undefined ? `<${name}${numberAttribute(name, attributes)}>` : linkTag(href);
        stack.push(name);
      }
    },
    close: (name) => {
      if (skipper.isClosed(name) || !stack.includes(name)) return;
      while (stack.at(-1) !== name) closeTop();
      closeTop();
    },
  });
  while (stack.length > 0) closeTop();
  return out;
}
