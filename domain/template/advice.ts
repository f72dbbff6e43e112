import { readHeading } from "./markdown/lines.ts";
import { LinkReader } from "./markdown/links.ts";
import { parseSegments } from "./placeholders.ts";
import type { TemplateSource } from "./template.ts";

/** What can be amiss with a template that is taken all the same, and what to do. */
export const ADVICE = {
  "placeholder-unclosed": "Two brackets are opened and no placeholder follows: write ((name))",
  "placeholder-comma":
    "A placeholder's name has a comma in it, which no spreadsheet column can have",
  "link-unclosed": "The link's address is not closed: write [text](https://example.com)",
  "link-spaced":
    "A blank parts the link's text from its address: write [text](https://example.com)",
  "link-empty": "The link has no address",
  "link-without-text": "The link has no text that says where it leads",
  "link-without-scheme": "The link's address should begin with https://",
  "link-unsafe":
    "Addresses may begin with https:, http:, mailto: or tel: only; this link will not work",
  "link-broken": "The link's address is none",
  "link-in-text": "Text messages have no links with a text of their own: write the address out",
  "heading-empty": "The heading has no text",
  "heading-skipped": "There is a second-level heading (##) before any first-level one (#)",
  "heading-too-deep": "There are headings of two levels, # and ##: this is shown as a paragraph",
  "mark-bold": "There is no bold: the marks are shown as they are",
  "mark-italic": "There are no italics: the marks are shown as they are",
  "mark-strike": "There is no struck out text: the marks are shown as they are",
  "mark-image": "Images are left out",
  "mark-table": "Tables are left out",
  "mark-html": "There is no HTML: it is shown as it is",
  "too-long": "The message is longer than may be sent",
} as const satisfies Record<string, string>;

/** Names a kind of advice; it never changes. */
export type AdviceCode = keyof typeof ADVICE;

/** One piece of advice to a template's author. */
export interface Advice {
  readonly code: AdviceCode;
  readonly field: "subject" | "body";
  /** The line of the field, from 1; `null` where it is about all of it. */
  readonly line: number | null;
  readonly message: string;
}

/** The most pieces of advice that are given at once: whoever has mended those may ask again. */
export const MAX_ADVICE = 100;

/** Stands for a placeholder: a character that means nothing in markdown, and that nobody types. */
const FILLED = "\ue000";
const SCHEMES: ReadonlySet<string> = new Set(["http", "https", "mailto", "tel"]);
/** What an unfinished link looks like. Their lengths are bounded, and with them what a text of nothing but brackets costs. */
const UNREAD: readonly (readonly [AdviceCode, RegExp])[] = [
  ["link-unclosed", /\[[^[\]\n]{0,200}\]\([^)\n]{0,500}(?:\n|$)/y],
  ["link-spaced", /\[[^[\]\n]{0,200}\] {1,9}\(https?:/y],
];

/** Each is looked for in one line, and reads no character twice. */
const MARKS = {
  "mark-image": /!\[/,
  "mark-bold": /\*\*[^*]+\*\*|__[^_]+__/,
  "mark-italic": /(?:^|[\s(])_[^\s_][^_]*_(?=[\s.,;:!?)]|$)/,
  "mark-strike": /~~[^~]+~~/,
  "mark-table": /^\s*\|[^|]*\|/,
  "mark-html": /<\/?[a-z][^<>]*>/i,
} as const satisfies Partial<Record<AdviceCode, RegExp>>;

interface Note {
  readonly code: AdviceCode;
  readonly line: number;
}

/** What a link's address is advised about. */
function judgeAddress(label: string, href: string): AdviceCode | undefined {
  const address = href.trim();
  if (address === "") return "link-empty";
  if (/[\r\n]/.test(address)) return "link-unclosed";
  if (label.trim() === "") return "link-without-text";
  if (address.startsWith(FILLED)) return undefined;
  const scheme = /^([a-z][a-z0-9+.-]*):(?!\d)/i.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined) return "link-without-scheme";
  if (!SCHEMES.has(scheme)) return "link-unsafe";
  return /\s/.test(address) || !URL.canParse(address.replaceAll(FILLED, "x"))
    ? "link-broken"
    : undefined;
}

/** What is advised about something that begins like a link and is none. */
function judgeUnread(text: string, at: number): AdviceCode | undefined {
  for (const [code, pattern] of UNREAD) {
    pattern.lastIndex = at;
    if (pattern.test(text)) return code;
  }
  return undefined;
}

function* linkNotes(text: string, isSms: boolean): Generator<Note> {
  const reader = new LinkReader(text);
  let line = 1;
  let counted = 0;
  const lineOf = (at: number) => {
    for (; counted < at; counted++) if (text.charCodeAt(counted) === 0x0a) line++;
    return line;
  };
  for (let at = text.indexOf("["); at !== -1;) {
    const link = text.charAt(at - 1) === "!" ? undefined : reader.readLink(at);
    const judged = link === undefined ? judgeUnread(text, at) : judgeAddress(link.label, link.href);
    const code = isSms && link !== undefined ? "link-in-text" : judged;
    if (code !== undefined) yield { code, line: lineOf(at) };
    at = text.indexOf("[", link === undefined ? at + 1 : link.end);
  }
}

function* headingNotes(lines: readonly string[]): Generator<Note> {
  let isFirstThere = false;
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith("#")) continue;
    const heading = readHeading(line);
    const note = (code: AdviceCode): Note => ({ code, line: index + 1 });
    if (/^#+\s*$/.test(line)) yield note("heading-empty");
    else if (heading === undefined || heading.level > 2) yield note("heading-too-deep");
    else if (heading.level === 2 && !isFirstThere) yield note("heading-skipped");
    // One that was skipped is told of once.
    isFirstThere ||= heading !== undefined && heading.level <= 2;
  }
}

function* markNotes(lines: readonly string[]): Generator<Note> {
  for (const [index, line] of lines.entries()) {
    for (const code of Object.keys(MARKS) as (keyof typeof MARKS)[]) {
      if (MARKS[code].test(line)) yield { code, line: index + 1 };
    }
  }
}

/** The text with a character in place of each placeholder, and what is amiss with those. */
function readPlaceholders(
  text: string,
): { readonly text: string; readonly notes: readonly Note[] } {
  const notes: Note[] = [];
  let plain = "";
  let line = 1;
  for (const segment of parseSegments(text)) {
    if (typeof segment !== "string") {
      if (segment.name.includes(",")) notes.push({ code: "placeholder-comma", line });
      // An optional part is looked at like the rest.
      const part = segment.conditionalText ?? FILLED;
      plain += part;
      line += part.split("\n").length - 1;
      continue;
    }
    const unclosed = segment.indexOf("((");
    const before = unclosed === -1 ? "" : segment.slice(0, unclosed);
    if (unclosed !== -1) {
      notes.push({ code: "placeholder-unclosed", line: line + before.split("\n").length - 1 });
    }
    plain += segment;
    line += segment.split("\n").length - 1;
  }
  return { text: plain, notes };
}

function* allNotes({ channel, syntax, body }: TemplateSource): Generator<Note> {
  const { text, notes } = readPlaceholders(body.replace(/\r\n?/g, "\n"));
  yield* notes;
  // The rest is about markdown.
  if (channel === "inbox" || syntax === "html") return;
  yield* linkNotes(text, channel === "sms");
  if (channel === "sms") return;
  const lines = text.split("\n");
  yield* headingNotes(lines);
  yield* markNotes(lines);
}

/**
 * Advice about a template, by line. It is in the order of lines, at most {@link MAX_ADVICE} pieces; the time it takes is
 * linear in the text.
 *
 * @param tooLong whether the message with its values is longer than may be sent
 */
export function adviseOn(source: TemplateSource, tooLong: boolean): readonly Advice[] {
  const advice: Advice[] = [];
  const add = (code: AdviceCode, field: Advice["field"], line: number | null) => {
    if (advice.length < MAX_ADVICE) advice.push({ code, field, line, message: ADVICE[code] });
  };
  if (tooLong) add("too-long", "body", null);
  // Of templates without `((name))` nothing else is known.
  if (source.syntax === "freemarker" || source.channel === "diia") return advice;
  for (const { code } of readPlaceholders(source.subject ?? "").notes) add(code, "subject", 1);
  const notes = [...allNotes(source)];
  for (const { code, line } of notes.toSorted((a, b) => a.line - b.line)) add(code, "body", line);
  return advice;
}
