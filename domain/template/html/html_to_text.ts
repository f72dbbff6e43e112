/** Converts HTML to plain text, for mail programs that do not show HTML. */
import { hasLinkScheme } from "./address.ts";
import { createSkipper, listNumber } from "./safe_html.ts";
import { scanHtml } from "./scan.ts";

const COLUMNS = 65;
const UNDERLINES: ReadonlyMap<string, string> = new Map([
  ["h1", "=".repeat(COLUMNS)],
  ["h2", "-".repeat(COLUMNS)],
]);
const RULE = "-".repeat(COLUMNS);

/** Number of line ends before and after a block: two leave an empty line. */
const BLOCKS: ReadonlyMap<string, number> = new Map([
  ...["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "pre", "dl"].map((
    name,
  ) => [name, 2] as const),
  ...[
    "address",
    "article",
    "aside",
    "body",
    "center",
    "dd",
    "div",
    "dt",
    "figure",
    "footer",
    "form",
    "header",
    "li",
    "main",
    "nav",
    "section",
    "tr",
  ].map((name) => [name, 1] as const),
]);
const LISTS: ReadonlySet<string> = new Set(["ul", "ol"]);
const SPACES = /[ \t\r\n\f]+/g;

/** Text under construction. White space is written only when text follows. */
interface Writer {
  out: string;
  lineEnds: number;
  hasSpace: boolean;
}

function endLine(writer: Writer, count: number): void {
  writer.lineEnds = Math.max(writer.lineEnds, count);
}

function write(writer: Writer, text: string): void {
  if (text === "") return;
  if (writer.out !== "") {
    writer.out += writer.lineEnds > 0 ? "\n".repeat(writer.lineEnds) : writer.hasSpace ? " " : "";
  }
  writer.lineEnds = 0;
  writer.hasSpace = false;
  writer.out += text;
}

function writeText(writer: Writer, text: string): void {
  const words = text.replace(SPACES, " ");
  const trimmed = words.replace(/^ | $/g, "");
  if (words.startsWith(" ")) writer.hasSpace = true;
  write(writer, trimmed);
  if (words.endsWith(" ")) writer.hasSpace = true;
}

/** An address as the URL parser reads it: without white space around it and line ends; a space is encoded. */
function toPlainHref(href: string): string {
  return href.trim().replace(/[\t\r\n]+/g, "").replace(/[ \f]/g, encodeURIComponent);
}

/** Writes a link's address after its text, unless the text is the address. */
function writeAddress(writer: Writer, { href, start }: { href: string; start: number }): void {
  const label = writer.out.slice(start).trim();
  if (label === "") write(writer, href);
  else if (href !== label && href !== `mailto:${label}` && href !== `tel:${label}`) {
    writer.out += `: ${href}`;
  }
}

/**
 * Converts HTML to plain text: headings are underlined, lists have bullets or numbers, links become `text: address`,
 * and images their `alt` text. Scripts and styles are left out. Character references are decoded, and nothing is
 * escaped. Takes time linear in the document.
 *
 * @param options.rules whether headings are underlined and `<hr>` becomes a line of dashes, 65 characters long; default
 * `true`
 */
export function htmlToText(
  html: string,
  { rules = true }: { readonly rules?: boolean } = {},
): string {
  const writer: Writer = { out: "", lineEnds: 0, hasSpace: false };
  const lists: { next: number | undefined }[] = [];
  let link: { href: string; start: number } | undefined;
  const skipper = createSkipper();
  const closeLink = () => {
    if (link !== undefined) writeAddress(writer, link);
    link = undefined;
  };
  const openItem = (number: number | undefined) => {
    const list = lists.at(-1);
    if (list?.next !== undefined && number !== undefined) list.next = number;
    const mark = list?.next === undefined ? "•" : `${list.next++}.`;
    write(writer, "  ".repeat(Math.min(Math.max(lists.length - 1, 0), 8)) + mark);
    writer.hasSpace = true;
  };
  scanHtml(html, {
    text: (text) => {
      if (!skipper.isSkipping()) writeText(writer, text);
    },
    open: (name, attributes, isSelfClosed) => {
      if (skipper.isSkipped(name, isSelfClosed)) return;
      endLine(writer, BLOCKS.get(name) ?? 0);
      if (LISTS.has(name)) {
        endLine(writer, lists.length === 0 ? 2 : 1);
        lists.push({ next: name === "ol" ? listNumber(name, attributes) ?? 1 : undefined });
      } else if (name === "li") openItem(listNumber(name, attributes));
      else if (name === "br") writer.lineEnds = Math.min(writer.lineEnds + 1, 2);
      else if (name === "td" || name === "th") writer.hasSpace = true;
      else if (name === "img") writeText(writer, ` ${attributes.get("alt") ?? ""} `);
      else if (name === "hr") {
        endLine(writer, 2);
        if (rules) write(writer, RULE);
        endLine(writer, 2);
      } else if (name === "a") {
        closeLink();
        const href = toPlainHref(attributes.get("href") ?? "");
        if (hasLinkScheme(href)) link = { href, start: writer.out.length };
      }
    },
    close: (name) => {
      if (skipper.isClosed(name)) return;
      if (name === "a") closeLink();
      const underline = UNDERLINES.get(name);
      if (rules && underline !== undefined && writer.out !== "") {
        endLine(writer, 1);
        write(writer, underline);
      }
      endLine(writer, BLOCKS.get(name) ?? 0);
      if (LISTS.has(name) && lists.pop() !== undefined) {
        endLine(writer, lists.length === 0 ? 2 : 1);
      }
    },
  });
  closeLink();
  return writer.out;
}
