import { isSpaceCode, SPACE_CLASS } from "../python_compat/text.ts";
import { runSteps, type Steps } from "../steps/steps.ts";
import { curlStraightQuotes } from "./smart_quotes.ts";

/** Searches for the mark first: marks are rarer than white space. */
const SPACED_PUNCTUATION = /[,.](?<=[ \t].)/;
const SPACE_BEFORE_PUNCTUATION = /(?<![ \t])[ \t]+([,.])/g;

/** Removes spaces and tabs before commas and full stops. */
export function removeSpaceBeforePunctuation(text: string): string {
  // Most messages have none, and this test is much cheaper than the replacement.
  return SPACED_PUNCTUATION.test(text) ? text.replace(SPACE_BEFORE_PUNCTUATION, "$1") : text;
}

const SPACED_DASHES = new RegExp(
  `[-–—](?<=[${SPACE_CLASS}].)[-–—]{0,2}(?=[${SPACE_CLASS}])`,
  "g",
);

/** Backslash escapes that smartypants understands. */
const ESCAPES = /\\([\\".'`-])/g;
const TYPOGRAPHIC_REFERENCES: ReadonlyMap<string, string> = new Map(Object.entries({
  "&#8211;": "–",
  "&#8212;": "—",
  "&#8216;": "‘",
  "&#8217;": "’",
  "&#8220;": "“",
  "&#8221;": "”",
  "&#8222;": "„",
  "&#8230;": "…",
  "&#171;": "«",
  "&#187;": "»",
}));
const TYPOGRAPHIC_REFERENCE = /&#(?:8211|8212|8216|8217|8220|8221|8222|8230|171|187);/g;

function curlText(text: string, previous: string): string {
  let out = text;
  if (out.includes("\\")) {
    out = out.replace(ESCAPES, (_, character: string) => `&#${character.charCodeAt(0)};`);
  }
  if (out === "'" || out === '"') {
    const closes = previous !== "" && !isSpaceCode(previous.charCodeAt(0));
    return out === "'" ? (closes ? "’" : "‘") : (closes ? "”" : "“");
  }
  out = curlStraightQuotes(out);
  return out.includes("&#")
    ? out.replace(
      TYPOGRAPHIC_REFERENCE,
      (reference) => TYPOGRAPHIC_REFERENCES.get(reference) ?? reference,
    )
    : out;
}

const SKIPPED_TAG = /<(\/?)(pre|samp|code|tt|kbd|script|style|math|a)/iy;

/** Characters that {@link curlText} may change. */
const CURLABLE = /["'\\]|&#/;

/** Replaces straight quotes with curly ones in the text between tags, except in links and code. */
function curlQuotes(text: string): string {
  if (!/["'\\&]/.test(text)) return text;
  const skipped: string[] = [];
  let out = "";
  let kept = 0;
  let previous = "";
  let from = 0;
  while (from < text.length) {
    const open = text.indexOf("<", from);
    const close = open === -1 ? -1 : text.indexOf(">", open);
    const end = close === -1 ? text.length : open;
    if (end > from) {
      if (skipped.length === 0) {
        const between = text.slice(from, end);
        const curled = CURLABLE.test(between) ? curlText(between, previous) : between;
        if (curled !== between) {
          out += text.slice(kept, from) + curled;
          kept = end;
        }
      }
      previous = text.charAt(end - 1);
    }
    if (close === -1) break;
    SKIPPED_TAG.lastIndex = open;
    const match = SKIPPED_TAG.exec(text);
    const name = match?.[2]?.toLowerCase();
    if (name !== undefined && match?.[1] === "") skipped.push(name);
    else if (name !== undefined && skipped.at(-1) === name) skipped.pop();
    from = close + 1;
  }
  return kept === 0 ? text : out + text.slice(kept);
}

const LOCAL_PART = /[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~\-‘’]/;
const DOMAIN_START = /[^.@]/;
const DOMAIN = new RegExp(`[^@${SPACE_CLASS}]`);

/** Restores straight apostrophes inside e-mail addresses. */
function straightenInAddresses(text: string): string {
  if (!text.includes("@") || !/[‘’]/.test(text)) return text;
  let out = "";
  let done = 0;
  for (let at = text.indexOf("@"); at !== -1; at = text.indexOf("@", at + 1)) {
    if (at < done) continue;
    let start = at;
    while (start > done && LOCAL_PART.test(text.charAt(start - 1))) start--;
    if (start === at || !DOMAIN_START.test(text.charAt(at + 1))) continue;
    let end = at + 2;
    while (end < text.length && DOMAIN.test(text.charAt(end))) end++;
    if (end === at + 2) continue;
    out += text.slice(done, start) + text.slice(start, end).replace(/[‘’]/g, "'");
    done = end;
  }
  return out + text.slice(done);
}

/** Replaces one to three dashes between white space with an en dash between spaces. */
function spaceDashes(text: string): string {
  let out = "";
  let done = 0;
  SPACED_DASHES.lastIndex = 0;
  for (let match = SPACED_DASHES.exec(text); match !== null; match = SPACED_DASHES.exec(text)) {
    let start = match.index;
    // White space after one dash does not count as white space before the next.
    if (start === done && done > 0) continue;
    while (start > done && isSpaceCode(text.charCodeAt(start - 1))) start--;
    out += `${text.slice(done, start)} – `;
    done = SPACED_DASHES.lastIndex;
    while (done < text.length && isSpaceCode(text.charCodeAt(done))) done++;
    SPACED_DASHES.lastIndex = done;
  }
  return done === 0 ? text : out + text.slice(done);
}

/**
 * Whether a text may contain characters that the typography changes; with `false`, that step is skipped to save time.
 */
export interface TypographyFinds {
  /** Straight quotes, backslashes or references between tags. */
  readonly quotes: boolean;
  /** White space before a comma, a full stop or a dash. */
  readonly spacedMarks: boolean;
}

const ANYTHING: TypographyFinds = { quotes: true, spacedMarks: true };

/**
 * Applies GOV.UK Notify's typography to text or HTML, in its order: it removes spaces before commas and full stops,
 * curls quotes outside tags and links, makes apostrophes in e-mail addresses straight again, and turns dashes between
 * spaces into en dashes.
 *
 * @param finds `false` for characters that the text certainly lacks; their step is skipped
 */
export function tidyTypography(text: string, finds = ANYTHING): string {
  return runSteps(tidyInSteps(text, finds));
}

/**
 * Applies GOV.UK Notify's typography as {@link tidyTypography} does, but yields between its steps, so that the caller
 * can serve other requests.
 */
export function* tidyInSteps(text: string, finds = ANYTHING): Steps<string> {
  let tidy = finds.spacedMarks ? removeSpaceBeforePunctuation(text) : text;
  yield;
  if (finds.quotes) tidy = curlQuotes(tidy);
  yield;
  tidy = straightenInAddresses(tidy);
  yield;
  return finds.spacedMarks ? spaceDashes(tidy) : tidy;
}
