/** HTML that is safe to show on a page of somebody else's: made anew of a list of harmless tags. */
import { escapeAttribute, escapeMarkup } from "../html_text.ts";
import { hasLinkScheme } from "./address.ts";
import { scanHtml } from "./scan.ts";

/** The tags that stay. None keeps an attribute but `a` its address. */
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

/** How deep tags stay in one another; the text of what lies deeper stays without its tags. */
export const MAX_OPEN_TAGS = 100;

const VOID_TAGS: ReadonlySet<string> = new Set(["br", "hr"]);
const FOREIGN_TAGS: ReadonlySet<string> = new Set(["svg", "math"]);
/** What goes with its content, which is no text to a reader. */
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
/** The tags that an opening one ends when they are the innermost, as in a browser. */
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

/** An address as it is written out: without what browsers take no notice of. */
function toAddress(href: string | undefined): string | undefined {
  const address = href?.replace(/[\t\r\n]/g, "").trim();
  return address !== undefined && hasLinkScheme(address) ? address : undefined;
}

function startTag(name: string, href: string | undefined): string {
  return href === undefined
    ? `<${name}>`
    : `<a href="${escapeAttribute(href)}" rel="noopener noreferrer">`;
}

/** Tells which elements are passed over with all that is in them. */
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
 * Makes HTML harmless, whoever wrote it: {@link SAFE_TAGS} stay, each closed, without attributes; of links the address
 * stays where its scheme is `http`, `https`, `mailto` or `tel`. Of other tags the content stays, but of scripts, styles,
 * frames and pictures not even that. Text comes out as it was, `&`, `<` and `>` as references.
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
        out += startTag(name, href);
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
