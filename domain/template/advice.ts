import { readHeading } from "./markdown/lines.ts";
import { LinkReader } from "./markdown/links.ts";
import { parseSegments } from "./placeholders.ts";
import { runSteps, type Steps } from "../steps/steps.ts";
import type { TemplateSource } from "./template.ts";

/** Problems of a template that can still be saved, each with a remedy. */
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
  "link-broken": "The link's address is not a valid address",
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

/** Code of a kind of advice. Codes are part of the API and stay stable. */
export type AdviceCode = keyof typeof ADVICE;

/** One piece of advice to a template's author. */
export interface Advice {
  readonly code: AdviceCode;
  readonly field: "subject" | "body";
  /** The line of the field, from 1; `null` where the advice concerns the whole field. */
  readonly line: number | null;
  readonly message: string;
}

/** Maximum number of pieces of advice in one response. Authors can request advice again after corrections. */
export const MAX_ADVICE = 100;

/** Placeholder token: a private-use character without a meaning in markdown. */
const FILLED = "\ue000";
const SCHEMES: ReadonlySet<string> = new Set(["http", "https", "mailto", "tel"]);
/** Patterns of unfinished links. Bounded lengths keep the search linear even in a text that consists of brackets. */
const UNFINISHED_LINKS: readonly (readonly [AdviceCode, RegExp])[] = [
  ["link-unclosed", /\[[^[\]\n]{0,200}\]\([^)\n]{0,500}(?:\n|$)/y],
  ["link-spaced", /\[[^[\]\n]{0,200}\] {1,9}\(https?:/y],
];

/** Patterns that are searched for in one line, each in linear time. */
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

/** The advice about a link's address, if any. */
function checkAddress(label: string, href: string): AdviceCode | undefined {
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

/** The advice about text that begins like a link but is not one, if any. */
function checkUnfinishedLink(text: string, at: number): AdviceCode | undefined {
  for (const [code, pattern] of UNFINISHED_LINKS) {
    pattern.lastIndex = at;
    if (pattern.test(text)) return code;
  }
  return undefined;
}

/** How many places or lines are read in a step. */
const READ_PER_STEP = 1_000;

/** The notes of a part, and `undefined` at the end of each step. */
type Notes = Generator<Note | undefined>;

function* linkNotes(text: string, isSms: boolean): Notes {
  const reader = new LinkReader(text);
  let line = 1;
  let counted = 0;
  const lineOf = (at: number) => {
    for (; counted < at; counted++) if (text.charCodeAt(counted) === 0x0a) line++;
    return line;
  };
  let read = 0;
  for (let at = text.indexOf("["); at !== -1;) {
    if (++read % READ_PER_STEP === 0) yield undefined;
    const link = text.charAt(at - 1) === "!" ? undefined : reader.readLink(at);
    const advice = link === undefined
      ? checkUnfinishedLink(text, at)
      : checkAddress(link.label, link.href);
    const code = isSms && link !== undefined ? "link-in-text" : advice;
    if (code !== undefined) yield { code, line: lineOf(at) };
    at = text.indexOf("[", link === undefined ? at + 1 : link.end);
  }
}

function* headingNotes(lines: readonly string[]): Notes {
  let isFirstThere = false;
  for (const [index, line] of lines.entries()) {
    if (index % READ_PER_STEP === READ_PER_STEP - 1) yield undefined;
    if (!line.startsWith("#")) continue;
    const heading = readHeading(line);
    const note = (code: AdviceCode): Note => ({ code, line: index + 1 });
    if (/^#+\s*$/.test(line)) yield note("heading-empty");
    else if (heading === undefined || heading.level > 2) yield note("heading-too-deep");
    else if (heading.level === 2 && !isFirstThere) yield note("heading-skipped");
    // A skipped level is reported once.
    isFirstThere ||= heading !== undefined && heading.level <= 2;
  }
}

function* markNotes(lines: readonly string[]): Notes {
  for (const [index, line] of lines.entries()) {
    if (index % READ_PER_STEP === READ_PER_STEP - 1) yield undefined;
    for (const code of Object.keys(MARKS) as (keyof typeof MARKS)[]) {
      if (MARKS[code].test(line)) yield { code, line: index + 1 };
    }
  }
}

/** Replaces each placeholder with {@link FILLED} and collects the advice about placeholders. */
function readPlaceholders(
  text: string,
): { readonly text: string; readonly notes: readonly Note[] } {
  const notes: Note[] = [];
  let plain = "";
  let line = 1;
  for (const segment of parseSegments(text)) {
    if (typeof segment !== "string") {
      if (segment.name.includes(",")) notes.push({ code: "placeholder-comma", line });
      // Conditional text is checked like other text.
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

function* allNotes({ channel, syntax, body }: TemplateSource): Notes {
  const { text, notes } = readPlaceholders(body.replace(/\r\n?/g, "\n"));
  yield undefined;
  yield* notes;
  // The checks below concern markdown.
  if (channel === "inbox" || syntax === "html") return;
  yield* linkNotes(text, channel === "sms");
  if (channel === "sms") return;
  const lines = text.split("\n");
  yield* headingNotes(lines);
  yield* markNotes(lines);
}

/**
 * Returns advice about a template, sorted by line, at most {@link MAX_ADVICE} pieces. Takes time linear in the text.
 *
 * @param tooLong whether the message with its values exceeds the maximum length
 */
export function adviseOn(source: TemplateSource, tooLong: boolean): readonly Advice[] {
  return runSteps(adviseInSteps(source, tooLong));
}

/** As {@link adviseOn}, in steps. */
export function* adviseInSteps(source: TemplateSource, tooLong: boolean): Steps<readonly Advice[]> {
  const advice: Advice[] = [];
  const add = (code: AdviceCode, field: Advice["field"], line: number | null) => {
    if (advice.length < MAX_ADVICE) advice.push({ code, field, line, message: ADVICE[code] });
  };
  if (tooLong) add("too-long", "body", null);
  // The checks below concern `((name))` syntax.
  if (source.syntax === "freemarker" || source.channel === "diia") return advice;
  for (const { code } of readPlaceholders(source.subject ?? "").notes) add(code, "subject", 1);
  const notes: Note[] = [];
  for (const note of allNotes(source)) {
    if (note === undefined) yield;
    else notes.push(note);
  }
  for (const { code, line } of notes.toSorted((a, b) => a.line - b.line)) add(code, "body", line);
  return advice;
}
