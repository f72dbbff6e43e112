import { isSpaceCode, SPACE_CLASS } from "../python_compat/text.ts";
import { curlStraightQuotes } from "./smart_quotes.ts";

/** Marks are rarer than white space: it is quicker to look for them first. */
const SPACED_PUNCTUATION = /[,.](?<=[ \t].)/;
const SPACE_BEFORE_PUNCTUATION = /(?<![ \t])[ \t]+([,.])/g;

/** Blanks and tabs before a comma or full stop removed. */
export function removeSpaceBeforePunctuation(text: string): string {
  // Most messages have none: asking costs far less than looking for it.
  return SPACED_PUNCTUATION.test(text) ? text.replace(SPACE_BEFORE_PUNCTUATION, "$1") : text;
}

const SPACED_DASHES = new RegExp(
  `[-–—](?<=[${SPACE_CLASS}].)[-–—]{0,2}(?=[${SPACE_CLASS}])`,
  "g",
);

/** Escapes that the peer's quotes step understands, as references; order matters. */
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
    ? out.replace(TYPOGRAPHIC_REFERENCE, (found) => TYPOGRAPHIC_REFERENCES.get(found) ?? found)
    : out;
}

const SKIPPED_TAG = /<(\/?)(pre|samp|code|tt|kbd|script|style|math|a)/iy;

/** What {@link curlText} may change. */
const CURLABLE = /["'\\]|&#/;

/** Straight quotes made curly in the text between tags; links and code are left as they are. */
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

/** Curly apostrophes straightened again inside whatever looks like an e-mail address. */
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

/** One to three dashes with white space on both sides become an en dash between blanks. */
function spaceDashes(text: string): string {
  let out = "";
  let done = 0;
  SPACED_DASHES.lastIndex = 0;
  for (let match = SPACED_DASHES.exec(text); match !== null; match = SPACED_DASHES.exec(text)) {
    let start = match.index;
    // White space that one dash has used is not there for the next.
    if (start === done && done > 0) continue;
    while (start > done && isSpaceCode(text.charCodeAt(start - 1))) start--;
    out += `${text.slice(done, start)} – `;
    done = SPACED_DASHES.lastIndex;
    while (done < text.length && isSpaceCode(text.charCodeAt(done))) done++;
    SPACED_DASHES.lastIndex = done;
  }
  return done === 0 ? text : out + text.slice(done);
}

/** What a text may hold for the typography to change. */
export interface TypographyFinds {
  /** Straight quotes, backslashes or references between tags. */
  readonly quotes: boolean;
  /** White space before a comma, a full stop or a dash. */
  readonly spacedMarks: boolean;
}

const ANYTHING: TypographyFinds = { quotes: true, spacedMarks: true };

/**
 * The peer's typography, in its order: punctuation, quotes, addresses, dashes between blanks. (facts/notify.md 4.3)
 *
 * @param finds what is known not to be there is not looked for
 */
export function tidyTypography(text: string, finds = ANYTHING): string {
  let tidy = finds.spacedMarks ? removeSpaceBeforePunctuation(text) : text;
  if (finds.quotes) tidy = curlQuotes(tidy);
  tidy = straightenInAddresses(tidy);
  return finds.spacedMarks ? spaceDashes(tidy) : tidy;
}
