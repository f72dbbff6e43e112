/**
 * Prints JSON values as Python does, because GOV.UK Notify's validation messages quote the request's values that way.
 *
 * `JSON.parse` loses some details of numbers: `1.0` is printed as `1`, and a whole number beyond 2⁵³ as its nearest
 * double.
 */

// Deeper than any real body, and far below the depth that overflows the stack.
const DEPTH_LIMIT = 200;
const NOT_PRINTABLE = /[\p{C}\p{Z}]/u;
const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** How many characters of a value's strings, and how many of its values, are printed; `...` stands for the rest. */
export const MAX_REPR = 100_000;

/** What may still be printed. */
interface Rest {
  left: number;
}

/** Python's `repr` of a JSON value, e.g. `{'a': [1, None, "it's"]}`. It ends after {@link MAX_REPR}. */
export function pythonRepr(value: unknown): string {
  return reprAt(value, 0, { left: MAX_REPR });
}

/** Python's `str` of a JSON value: as {@link pythonRepr}, but a string is returned unchanged. */
export function pythonStr(value: unknown): string {
  return typeof value === "string" ? value : pythonRepr(value);
}

function reprAt(value: unknown, depth: number, rest: Rest): string {
  rest.left--;
  if (value === null || value === undefined) return "None";
  if (typeof value === "string") return reprString(value, rest);
  if (typeof value === "number") return reprNumber(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) {
    if (depth === DEPTH_LIMIT) return "[...]";
    return `[${reprItems(value, (item) => reprAt(item, depth + 1, rest), rest)}]`;
  }
  if (typeof value === "object") {
    if (depth === DEPTH_LIMIT) return "{...}";
    const printMember = ([key, item]: readonly [string, unknown]) =>
      `${reprString(key, rest)}: ${reprAt(item, depth + 1, rest)}`;
    return `{${reprItems(Object.entries(value), printMember, rest)}}`;
  }
  return String(value);
}

function reprItems<T>(items: readonly T[], print: (item: T) => string, rest: Rest): string {
  const printed: string[] = [];
  for (const item of items) {
    if (rest.left <= 0) {
      printed.push("...");
      break;
    }
    printed.push(print(item));
  }
  return printed.join(", ");
}

function reprString(whole: string, rest: Rest): string {
  const isWhole = whole.length <= rest.left;
  const text = isWhole ? whole : whole.slice(0, Math.max(rest.left, 0)) + "...";
  rest.left -= Math.min(whole.length, MAX_REPR);
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = Array.from(text, (character) => {
    if (character === quote) return `\\${character}`;
    return ESCAPES[character] ?? (isPrintable(character) ? character : escape(character));
  });
  return `${quote}${escaped.join("")}${quote}`;
}

function isPrintable(character: string): boolean {
  return character === " " || !NOT_PRINTABLE.test(character);
}

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

// Python writes a float with an exponent below 1e-4 and from 1e16 on, JavaScript below 1e-6 and from 1e21 on.
const EXPONENT_FROM = 16;
const EXPONENT_BELOW = -4;
// A whole number this large with fewer digits than a double can hold was certainly written as a float, like 1e20.
const FLOAT_DIGITS = 15;

function reprNumber(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Number.isSafeInteger(value)) return String(value);
  const [mantissa = "", power = ""] = value.toExponential().split("e");
  const exponent = Number(power);
  if (Number.isInteger(value)) {
    const digits = mantissa.replace(/[-.]/g, "").length;
    if (exponent < EXPONENT_FROM || digits > FLOAT_DIGITS) return BigInt(value).toString();
  }
  if (exponent >= EXPONENT_FROM || exponent < EXPONENT_BELOW) {
    const sign = exponent < 0 ? "-" : "+";
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  // JavaScript writes an exponent only beyond these bounds, so this is without one.
  return String(value);
}
