/**
 * Recognises lines that begin or end blocks. A line excludes its line end; every test takes linear time.
 */
import { SPACE_CLASS } from "../../python_compat/text.ts";

const RULE = /^ {0,3}[-*_](?: *[-*_]){2,} *$/;
const LIST_RULE = /^(?:[-*_] *){3,}$/;
const UNDERLINE = /^ *[=-]+ *$/;
const BULLET = /^( *)([•*-]|\p{Nd}+\.)/u;
const NUMBERED = /^ *\p{Nd}+\./u;
/** A bullet that interrupts a paragraph. By the original grammar a space must follow, `+` counts and `•` does not. */
const PARAGRAPH_BULLET = /^ *(?:[*+-]|\p{Nd}+\.) /u;
const QUOTE = /^ *\^./s;
const INDENTED = /^ {4}./s;
const FENCE_OPEN = new RegExp(`^ *(\`{3,}|~{3,})(?: *[^\`${SPACE_CLASS}]+)?$`);
const FOOTNOTE = /^\[\^[^\]]+\]:/;
const TABLE_ALIGN = /^ *\|( *[-:]+[-| :]*)$/;
const LOOSE_TABLE_HEAD = new RegExp(`^ *[^${SPACE_CLASS}].*\\|`, "s");
const LOOSE_TABLE_ALIGN = /^ *[-:]+ *\|[-| :]*$/;
const INLINE_TAGS =
  "a|em|strong|small|s|cite|q|dfn|abbr|data|time|code|var|samp|kbd|sub|sup|i|b|u|mark|" +
  "ruby|rt|rp|bdi|bdo|span|br|wbr|ins|del|img|font";
const WORD = "[\\p{L}\\p{N}_]";
/** A tag that begins a block: any tag but the inline ones. */
const BLOCK_TAG = new RegExp(
  `^<(?!(?:${INLINE_TAGS})(?!${WORD}))(${WORD}+)(?!:/|[^\\p{L}\\p{N}_\\s@]*@)(?!${WORD})`,
  "u",
);

/** A heading's level and text. */
export interface HeadingLine {
  readonly level: number;
  readonly text: string;
}

/**
 * Whether a line begins with an ASCII letter, as most do. Of blocks other than paragraphs, only tables and underlined
 * headings can begin with such a line.
 */
export function isPlain(line: string): boolean {
  const first = line.charCodeAt(0) | 0x20;
  return first > 0x60 && first < 0x7b;
}

/** Whether a line is a rule (`---`, `* * *`, `___`): three or more marks, optionally with spaces. */
export function isRule(line: string): boolean {
  return RULE.test(line);
}

/** Whether a line is a rule that ends a list; it may have the list's indent. */
export function isListRule(line: string, indent: string): boolean {
  return LIST_RULE.test(
    indent !== "" && line.startsWith(indent) ? line.slice(indent.length) : line,
  );
}

/** The level of a heading's underline of `=` and `-`, by its last mark; `undefined` for other lines. */
export function underlineLevel(line: string): number | undefined {
  if (!UNDERLINE.test(line)) return undefined;
  return line.trimEnd().endsWith("=") ? 1 : 2;
}

function trimBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x20) end--;
  return text.slice(0, end);
}

/**
 * Reads a heading: `# text`, `#text`, `## text ##`. The text has at least one character. @returns `undefined` for
 * another line
 */
export function readHeading(line: string): HeadingLine | undefined {
  let start = 0;
  while (line.charCodeAt(start) === 0x20) start++;
  if (line.charAt(start) !== "#") return undefined;
  let end = start;
  while (end - start < 6 && line.charAt(end) === "#") end++;
  if (end === line.length) end--;
  const level = end - start;
  if (level === 0) return undefined;
  const rest = line.slice(end);
  let text = rest.replace(/^ +/, "");
  if (text === "") text = " ";
  let close = trimBlanks(text).length;
  while (close > 0 && text.charAt(close - 1) === "#") close--;
  return { level, text: text.slice(0, Math.max(1, trimBlanks(text.slice(0, close)).length)) };
}

/** Reads the indent and mark of a list item; the space after the mark is optional. */
export function readBullet(
  line: string,
): { readonly indent: string; readonly mark: string } | undefined {
  const match = BULLET.exec(line);
  if (match === null) return undefined;
  return { indent: match[1] ?? "", mark: match[2] ?? "" };
}

/** Whether a line begins with a number and `.`, as an item of a numbered list. */
export function isNumbered(line: string): boolean {
  return NUMBERED.test(line);
}

/** Whether a line begins a quote: `^` and at least one character. */
export function isQuote(line: string): boolean {
  return QUOTE.test(line);
}

/** Whether a line is indented by four blanks, and has text after them. */
export function isIndented(line: string): boolean {
  return INDENTED.test(line);
}

/** Returns the marks of a line that may open fenced code, such as three backticks; `undefined` for another line. */
export function readFence(line: string): string | undefined {
  return /^ *[`~]/.test(line) ? FENCE_OPEN.exec(trimBlanks(line))?.[1] : undefined;
}

/** Whether a line may begin the definition of a footnote, such as `[^1]: text`. */
export function isFootnote(line: string): boolean {
  return FOOTNOTE.test(line);
}

/** Whether a line and the next one begin a table: one with bars at its sides (`outerBars`), or one without. */
export function isTableHead(line: string, next: string, outerBars: boolean): boolean {
  const bar = line.indexOf("|");
  if (bar === -1) return false;
  if (outerBars) return /^ *\|./s.test(line) && TABLE_ALIGN.test(next);
  return LOOSE_TABLE_HEAD.test(line) && LOOSE_TABLE_ALIGN.test(next);
}

/** Returns the name of the tag that begins a block of markup on the line, if any. */
export function readBlockTag(line: string): string | undefined {
  return line.startsWith("<") ? BLOCK_TAG.exec(line)?.[1] : undefined;
}

/**
 * Whether the line ends the paragraph before it, by its own text. (Fences, underlined headings and definitions depend
 * on further lines.)
 *
 * @param isLast whether it is the last line of the text
 */
export function interruptsParagraph(line: string, isLast: boolean): boolean {
  return isRule(line) || readHeading(line) !== undefined || /^ *>./s.test(line) ||
    readBlockTag(line) !== undefined ||
    (PARAGRAPH_BULLET.test(line) && !(isLast && /^ *\S+ $/.test(line)));
}
