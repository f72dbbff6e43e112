import { isSpaceCode } from "../python_compat/text.ts";

const QUOTE = /["']/g;
const WORD = /[\p{L}\p{N}_]/u;
const DECADE = /\p{Nd}{2}s/uy;
const DIGIT = /\p{Nd}/u;
/** Character references after which a quote opens, as after a space. */
const OPENING_REFERENCES = [
  "&nbsp;",
  "&ndash;",
  "&mdash;",
  "&#8211;",
  "&#8212;",
  "&#x2013;",
  "&#x2014;",
] as const;
/** Characters that a closing quote may not follow. */
const NOT_CLOSING = new Set(" \t\r\n[{(-");
const PUNCTUATION = new Set("!#$%()*+,-./:;<=>?@[\\]^_`{|}~");

function isWord(character: string): boolean {
  if (character === "") return false;
  const code = character.charCodeAt(0);
  if (code >= 0x80) return WORD.test(character);
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) || code === 0x5f;
}

/** The character that begins at `at`; a surrogate pair is one character. Empty at the end. */
function characterAt(text: string, at: number): string {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code <= 0xdbff
    ? String.fromCodePoint(text.codePointAt(at) ?? code)
    : text.charAt(at);
}

/** The character that ends before `at`. */
function characterBefore(text: string, at: number): string {
  const code = text.charCodeAt(at - 1);
  if (code < 0xdc00 || code > 0xdfff) return text.charAt(at - 1);
  const pair = characterAt(text, at - 2);
  return pair.length === 2 ? pair : text.charAt(at - 1);
}

function isSpaceAt(text: string, at: number): boolean {
  return at >= 0 && at < text.length && isSpaceCode(text.charCodeAt(at));
}

/** Whether the characters before `at` make a quote an opening one. */
function opens(text: string, at: number): boolean {
  const before = text.charAt(at - 1);
  if (before === ";") {
    return OPENING_REFERENCES.some((name) => text.startsWith(name, at - name.length));
  }
  return before === "-" ? text.charAt(at - 2) === "-" : isSpaceAt(text, at - 1);
}

/** Whether the character before `at` allows a closing quote. */
function closes(text: string, at: number): boolean {
  return at > 0 && !NOT_CLOSING.has(text.charAt(at - 1));
}

function isDecade(text: string, at: number): boolean {
  DECADE.lastIndex = at;
  return DECADE.test(text);
}

/** `"'word` and `'"word`: two quotes that open together. */
function isPair(text: string, at: number): boolean {
  const next = text.charAt(at + 1);
  const other = text.charAt(at) === "'" ? '"' : "'";
  return next === other && isWord(characterAt(text, at + 2));
}

/** Whether the double quote at the start of the text is followed by punctuation, which makes it a closing quote. */
function closesAtStart(text: string): boolean {
  if (text.charAt(1) !== '"') return PUNCTUATION.has(text.charAt(1));
  // The next quote counts as punctuation unless an earlier rule of smartypants has curled it.
  return !isPair(text, 1) && !isSpaceAt(text, 2);
}

/**
 * Replaces straight quotes with curly ones, as the library smartypants of GOV.UK Notify does in the text between two
 * HTML tags. It knows character references such as `&nbsp;`, but neither tags nor backslash escapes; the caller handles
 * these, and a text that is a single quote, before.
 */
export function curlStraightQuotes(text: string): string {
  // The library applies a dozen rules, each in one pass over the result of the passes before. The rules are nearly
  // independent, so one pass has the same result: for each quote the first rule that matches. A regular expression does
  // not match the same character twice, so a rule skips quotes beside a character that its last match consumed; the
  // three `Used` offsets reproduce that.
  let out = "";
  let done = 0;
  let singleUsed = 0;
  let possessiveUsed = 0;
  let doubleUsed = 0;

  const single = (at: number): string => {
    const next = characterAt(text, at + 1);
    if (isWord(characterBefore(text, at)) && isDecade(text, at + 1)) return "’";
    if (isWord(next) && opens(text, at)) return "‘";
    if (!closes(text, at)) return "‘";
    const possessive = isSpaceAt(text, at + 1) ||
      (next === "s" && !isWord(characterAt(text, at + 2)));
    if (possessive) {
      if (at - 1 < possessiveUsed) return "‘";
      possessiveUsed = at + 2;
      return "’";
    }
    if (DIGIT.test(next) || at - 1 < singleUsed) return "‘";
    singleUsed = at + 1;
    return "’";
  };

  const double = (at: number): string => {
    if (isWord(characterAt(text, at + 1)) && opens(text, at)) return "“";
    if (isSpaceAt(text, at + 1)) return "”";
    if (at === 0) return closesAtStart(text) ? "”" : "“";
    if (!closes(text, at) || at - 1 < doubleUsed) return "“";
    doubleUsed = at + 1;
    return "”";
  };

  QUOTE.lastIndex = 0;
  for (let match = QUOTE.exec(text); match !== null; match = QUOTE.exec(text)) {
    const at = match.index;
    const isSingle = match[0] === "'";
    const pair = isPair(text, at);
    const curly = pair ? (isSingle ? "‘“" : "“‘") : isSingle ? single(at) : double(at);
    out += text.slice(done, at) + curly;
    done = at + curly.length;
    QUOTE.lastIndex = done;
  }
  return done === 0 ? text : out + text.slice(done);
}
