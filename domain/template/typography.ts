import { isSpaceCode, SPACE_CLASS } from "./python_text.ts";

const SPACE_BEFORE_PUNCTUATION = /(?<![ \t])[ \t]+([,.])/g;
const DASHES = /[-–—]+/g;

/** Blanks and tabs before a comma or full stop removed. */
export function removeSpaceBeforePunctuation(text: string): string {
  // Most messages have none: asking costs far less than looking for it.
  return /[ \t][,.]/.test(text) ? text.replace(SPACE_BEFORE_PUNCTUATION, "$1") : text;
}

const WORD = "[\\p{L}\\p{N}_]";
const SPACE = `[${SPACE_CLASS}]`;
/** What a closing quote may follow. */
const CLOSES = "[^ \\t\\r\\n\\[{(\\-]";
/** What an opening quote may follow. */
const OPENS = `(?:${SPACE}|&nbsp;|--|&[mn]dash;|&#8211;|&#8212;|&#x201[34];)`;

/** How one kind of straight quote becomes a curly one. */
interface QuoteRule {
  /** Begins with the quote itself, and looks back from there: engines find a fixed character fastest. */
  readonly pattern: RegExp;
  readonly replacement: string;
  /**
   * For rules that use up their neighbours, how many characters after the quote: a character that one replacement has
   * used is not there for the next.
   */
  readonly uses?: number;
}

/** In order; each sees what the earlier ones left. */
const QUOTE_RULES: readonly QuoteRule[] = [
  { pattern: new RegExp(`"'(?=${WORD})`, "gu"), replacement: "“‘" },
  { pattern: new RegExp(`'"(?=${WORD})`, "gu"), replacement: "‘“" },
  // Decades: the ’80s.
  { pattern: new RegExp(`'(?<=${WORD}')(?=\\p{Nd}{2}s)`, "gu"), replacement: "’" },
  { pattern: new RegExp(`'(?<=${OPENS}')(?=${WORD})`, "gu"), replacement: "‘" },
  {
    pattern: new RegExp(`'(?<=${CLOSES}')(?!${SPACE}|s(?!${WORD})|\\p{Nd})`, "gu"),
    replacement: "’",
    uses: 0,
  },
  {
    pattern: new RegExp(`'(?<=${CLOSES}')(?=${SPACE}|s(?!${WORD}))`, "gu"),
    replacement: "’",
    uses: 1,
  },
  { pattern: /'/g, replacement: "‘" },
  { pattern: new RegExp(`"(?<=${OPENS}")(?=${WORD})`, "gu"), replacement: "“" },
  { pattern: new RegExp(`"(?=${SPACE})`, "gu"), replacement: "”" },
  { pattern: /^"(?=[!"#$%'()*+,\-./:;<=>?@[\\\]^_`{|}~])/g, replacement: "”" },
  { pattern: new RegExp(`"(?<=${CLOSES}")`, "gu"), replacement: "”", uses: 0 },
  { pattern: /"/g, replacement: "“" },
];

function applyQuoteRule(text: string, { pattern, replacement, uses }: QuoteRule): string {
  if (uses === undefined) return text.replace(pattern, replacement);
  let used = 0;
  return text.replace(pattern, (quote: string, at: number) => {
    if (at - 1 < used) return quote;
    used = at + 1 + uses;
    return replacement;
  });
}

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
  if (out.includes("'") || out.includes('"')) {
    for (const rule of QUOTE_RULES) out = applyQuoteRule(out, rule);
  }
  return out.includes("&#")
    ? out.replace(TYPOGRAPHIC_REFERENCE, (found) => TYPOGRAPHIC_REFERENCES.get(found) ?? found)
    : out;
}

const SKIPPED_TAG = /^<(\/?)(pre|samp|code|tt|kbd|script|style|math|a)/i;

/** Straight quotes made curly in the text between tags; links and code are left as they are. */
export function curlQuotes(text: string): string {
  if (!/["'\\&]/.test(text)) return text;
  const skipped: string[] = [];
  let out = "";
  let previous = "";
  let from = 0;
  while (from < text.length) {
    const open = text.indexOf("<", from);
    const close = open === -1 ? -1 : text.indexOf(">", open);
    const end = close === -1 ? text.length : open;
    if (end > from) {
      const between = text.slice(from, end);
      out += skipped.length > 0 ? between : curlText(between, previous);
      previous = between.slice(-1);
    }
    if (close === -1) break;
    const tag = text.slice(open, close + 1);
    const match = SKIPPED_TAG.exec(tag);
    const name = match?.[2]?.toLowerCase();
    if (name !== undefined && match?.[1] === "") skipped.push(name);
    else if (name !== undefined && skipped.at(-1) === name) skipped.pop();
    out += tag;
    from = close + 1;
  }
  return out;
}

const LOCAL_PART = /[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~\-‘’]/;
const DOMAIN_START = /[^.@]/;
const DOMAIN = new RegExp(`[^@${SPACE_CLASS}]`);

/** Curly apostrophes straightened again inside whatever looks like an e-mail address. */
export function straightenInAddresses(text: string): string {
  if (!/[‘’]/.test(text) || !text.includes("@")) return text;
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

/**
 * One to three dashes with white space on both sides become an en dash between blanks. Dashes are looked for, not the
 * white space: there is far less of them.
 */
function spaceDashes(text: string): string {
  let out = "";
  let done = 0;
  DASHES.lastIndex = 0;
  for (let match = DASHES.exec(text); match !== null; match = DASHES.exec(text)) {
    const end = match.index + match[0].length;
    if (match[0].length > 3 || match.index === done || end === text.length) continue;
    if (!isSpaceCode(text.charCodeAt(match.index - 1)) || !isSpaceCode(text.charCodeAt(end))) {
      continue;
    }
    let start = match.index;
    while (start > done && isSpaceCode(text.charCodeAt(start - 1))) start--;
    out += `${text.slice(done, start)} – `;
    done = end;
    while (done < text.length && isSpaceCode(text.charCodeAt(done))) done++;
  }
  return done === 0 ? text : out + text.slice(done);
}

/** The peer's typography, in its order: punctuation, quotes, addresses, dashes between blanks. (facts/notify.md 4.3) */
export function tidyTypography(text: string): string {
  const quoted = straightenInAddresses(curlQuotes(removeSpaceBeforePunctuation(text)));
  return spaceDashes(quoted);
}
