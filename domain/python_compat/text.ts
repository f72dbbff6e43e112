/**
 * Python-compatible string functions: those that differ from JavaScript's in ways that show in GOV.UK Notify's messages.
 */

/** White space by Python's `\s` and `str.strip()`, as the inside of a character class. */
export const SPACE_CLASS =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

const SPACES = new RegExp(`[${SPACE_CLASS}]+`, "g");
/** White space other than a single space. */
const UNEVEN = new RegExp(`  |(?! )[${SPACE_CLASS}]`);
/** Line ends by Python's `str.splitlines()`; the three control characters separate files, groups and records. */
const LINE_END_CLASS = "\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029";
const LINE_END = new RegExp(`\\r\\n|[${LINE_END_CLASS}]`);

/** Whether the UTF-16 code unit is white space in Python. */
export function isSpaceCode(code: number): boolean {
  if (code < 0x80) {
    return code === 0x20 || (code >= 9 && code <= 13) || (code >= 0x1c && code <= 0x1f);
  }
  if (code < 0x1680) return code === 0x85 || code === 0xa0;
  return code === 0x1680 || (code >= 0x2000 && code <= 0x200a) || code === 0x2028 ||
    code === 0x2029 || code === 0x202f || code === 0x205f || code === 0x3000;
}

/** Removes white space at the start: `str.lstrip()`. */
export function stripStart(text: string): string {
  let start = 0;
  while (start < text.length && isSpaceCode(text.charCodeAt(start))) start++;
  return start === 0 ? text : text.slice(start);
}

/** Removes white space at the end: `str.rstrip()`. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpaceCode(text.charCodeAt(end - 1))) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** Removes white space at both ends: `str.strip()`. */
export function strip(text: string): string {
  return stripStart(stripEnd(text));
}

/** Whether the text is empty or consists of white space. */
export function isBlank(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (!isSpaceCode(text.charCodeAt(at))) return false;
  return true;
}

/** Joins the words of a text with single spaces, as Python's `" ".join(text.split())`. */
export function joinWords(text: string): string {
  const stripped = strip(text);
  return UNEVEN.test(stripped) ? stripped.replace(SPACES, " ") : stripped;
}

/**
 * The first characters of {@link joinWords}, without white space at the end. A surrogate pair counts as one character.
 * Stops reading once it has enough characters.
 */
export function joinFirstWords(text: string, characters: number): string {
  let out = "";
  let count = 0;
  let at = 0;
  while (at < text.length && count < characters) {
    while (at < text.length && isSpaceCode(text.charCodeAt(at))) at++;
    const start = at;
    // The space between two words counts as a character.
    if (out !== "") count++;
    while (at < text.length && count < characters && !isSpaceCode(text.charCodeAt(at))) {
      at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
      count++;
    }
    if (at > start) out += out === "" ? text.slice(start, at) : ` ${text.slice(start, at)}`;
  }
  return out;
}

/** Splits a text into lines without their ends: `str.splitlines()`. A line end at the end of the text begins no line. */
export function splitLines(text: string): readonly string[] {
  const lines = text.split(LINE_END);
  if (lines[lines.length - 1] === "") lines.pop();
  return lines;
}

/** Replaces tabs with spaces up to the next multiple of `width` columns; columns restart at each line: `str.expandtabs()`. */
export function expandTabs(text: string, width: number): string {
  if (!text.includes("\t")) return text;
  return text.split("\n").map((line) => {
    const parts = line.split("\t");
    let column = 0;
    let out = "";
    parts.forEach((part, index) => {
      out += part;
      column += part.length;
      if (index === parts.length - 1) return;
      const blanks = width - column % width;
      out += " ".repeat(blanks);
      column += blanks;
    });
    return out;
  }).join("\n");
}

function numberText(value: number): string {
  if (Number.isInteger(value)) {
    return Math.abs(value) < 1e21 ? BigInt(value).toString() : exponentText(value);
  }
  const size = Math.abs(value);
  return size < 1e-4 || size >= 1e16 ? exponentText(value) : String(value);
}

/** Writes the exponent with at least two digits, as in `1e-05`. */
function exponentText(value: number): string {
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}

/** Maximum depth at which a value is written; deeper values become `...`. It bounds the recursion. */
const MAX_DEPTH = 50;

function inner(value: unknown, depth: number): string {
  if (typeof value === "string") return quoted(value);
  if (depth > MAX_DEPTH) return "...";
  if (Array.isArray(value)) return `[${value.map((item) => inner(item, depth + 1)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([key, item]) =>
      `${quoted(key)}: ${inner(item, depth + 1)}`
    );
    return `{${fields.join(", ")}}`;
  }
  return toText(value);
}

/**
 * A JSON value as Python's `str()` writes it into a message: `True`, `None`, `1.5`, `{'a': 1}`.
 *
 * JSON's `1.0` is indistinguishable from `1` and is written as `1`. Values below 50 levels of nesting become `...`.
 */
export function toText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return numberText(value);
    case "boolean":
      return value ? "True" : "False";
    case "object":
      return value === null ? "None" : inner(value, 0);
    default:
      return "None";
  }
}
