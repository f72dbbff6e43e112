/**
 * Number formats: converts numbers to the text that a spreadsheet shows, such as `£1,234.50` or `12.5 %`.
 *
 * Source: ECMA-376 part 1, 18.8.30 (built-in formats) and 18.8.31 (format codes).
 */
import { toDigits } from "./digits.ts";
import { parseSections, type Section, type Token } from "./number_format_code.ts";

/** Converts a number to the text that a spreadsheet shows for it, without blanks around it. */
export type ShowNumber = (value: number) => string;

/** The codes of the built-in formats with fixed decimals, a currency or a percentage. Files have their ids only. */
const BUILT_IN_CODES: ReadonlyMap<number, string> = new Map([
  [1, "0"],
  [2, "0.00"],
  [3, "#,##0"],
  [4, "#,##0.00"],
  [5, "$#,##0_);($#,##0)"],
  [6, "$#,##0_);($#,##0)"],
  [7, "$#,##0.00_);($#,##0.00)"],
  [8, "$#,##0.00_);($#,##0.00)"],
  [9, "0%"],
  [10, "0.00%"],
  [37, "#,##0_);(#,##0)"],
  [38, "#,##0_);(#,##0)"],
  [39, "#,##0.00_);(#,##0.00)"],
  [40, "#,##0.00_);(#,##0.00)"],
  [41, '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)'],
  [42, '_($* #,##0_);_($* (#,##0);_($* "-"_);_(@_)'],
  [43, '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)'],
  [44, '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)'],
]);

/** Returns the code of a built-in format of numbers; `undefined` for those of dates and plain numbers. */
export function builtInCode(id: number): string | undefined {
  return BUILT_IN_CODES.get(id);
}

/** The decimal digits of a number that is not negative, before and after the point. No zero leads or ends them. */
interface Digits {
  readonly whole: string;
  readonly fraction: string;
}

/** Adds 1 to the last of decimal digits: `199` becomes `200`. */
function increment(digits: string): string {
  const nines = /9*$/.exec(digits)?.[0].length ?? 0;
  const at = digits.length - nines - 1;
  if (at < 0) return `1${"0".repeat(nines)}`;
  return `${digits.slice(0, at)}${Number(digits[at]) + 1}${"0".repeat(nines)}`;
}

function trimZeros(fraction: string): string {
  let end = fraction.length;
  while (end > 0 && fraction.charCodeAt(end - 1) === 0x30) end--;
  return fraction.slice(0, end);
}

/** Below this, a product with a power of ten differs from its exact value by less than {@link NEAR_TIE}. */
const SURELY_ROUNDED = 1e9;
const NEAR_TIE = 1e-3;
/** Integers below this are exact, and so are their products. */
const SURELY_EXACT = 1e15;

/**
 * Multiplies a number that is not negative by `scale` and rounds it in binary, which is quick.
 *
 * @returns `undefined` for a number so large, or so near to a half, that its binary form may round to another one
 */
function roundQuickly(value: number, scale: number): number | undefined {
  const product = value * scale;
  if (Number.isInteger(value) && product < SURELY_EXACT) return product;
  if (product >= SURELY_ROUNDED) return undefined;
  const rounded = Math.round(product);
  return Math.abs(Math.abs(product - rounded) - 0.5) < NEAR_TIE ? undefined : rounded;
}

/**
 * Multiplies a number by a power of ten and rounds it, half away from zero. It counts in decimal digits: 1.005 is 1.01,
 * though the binary number is a little less than 1.005.
 */
function roundDigits(value: number, shift: number, decimals: number): Digits {
  const [digits = "", after = ""] = toDigits(Math.abs(value)).split(".");
  const all = digits + after;
  const point = digits.length + shift;
  const padded = point < 0 ? "0".repeat(-point) + all : all.padEnd(point, "0");
  const start = Math.max(point, 0);
  const kept = padded.slice(0, start + decimals);
  const roundsUp = padded.charCodeAt(start + decimals) >= 0x35;
  const rounded = roundsUp ? increment(kept === "" ? "0" : kept) : kept;
  const wholeLength = start + Math.max(rounded.length - kept.length, 0);
  return {
    whole: rounded.slice(0, wholeLength).replace(/^0+/, ""),
    fraction: trimZeros(rounded.slice(wholeLength)),
  };
}

/** The text of a placeholder without a digit. */
const ABSENT = { "0": "0", "#": "", "?": " " } as const;

/** Puts digits into the placeholders of a section's whole part, from the right; those left over go to the first. */
function fillWhole(tokens: readonly Token[], whole: string, group: string): readonly string[] {
  const texts: string[] = tokens.map((token) => token.kind === "literal" ? token.text : "");
  let left = whole.length;
  let shown = 0;
  const first = tokens.findIndex(({ kind }) => kind === "digit");
  const add = (at: number, digit: string) => {
    const separator = group !== "" && shown > 0 && shown % 3 === 0 ? group : "";
    if (digit.trim() !== "") shown++;
    texts[at] = digit + (digit === "" ? "" : separator) + texts[at];
  };
  for (let at = tokens.length - 1; at >= 0; at--) {
    const token = tokens[at];
    if (token?.kind !== "digit") continue;
    add(at, left > 0 ? whole.charAt(--left) : ABSENT[token.placeholder]);
    while (at === first && left > 0) add(at, whole.charAt(--left));
  }
  return texts;
}

function fillFraction(tokens: readonly Token[], fraction: string): readonly string[] {
  let at = 0;
  return tokens.map((token) => {
    if (token.kind === "literal") return token.text;
    const digit = fraction.charAt(at++);
    return digit === "" ? ABSENT[token.placeholder] : digit;
  });
}

function showSection(section: Section, value: number): string {
  const { whole, fraction, decimals, shift, group } = section;
  const digits = section.isGeneral ? undefined : roundDigits(value, shift, decimals);
  const before = fillWhole(whole, digits?.whole ?? "", group).join("");
  const after = fillFraction(fraction, digits?.fraction ?? "").join("");
  // Excel shows a point even before no decimals (`25.%`). LibreOffice does not, and a reader expects none.
  const point = digits?.fraction === "" && !section.keepsPoint ? "" : section.point;
  const middle = digits === undefined ? toDigits(Math.abs(value)) : point;
  const isZero = value === 0 || (digits?.whole === "" && digits.fraction === "");
  const shown = (before + middle + after).trim();
  return value >= 0 || isZero || section.isNegative ? shown : `-${shown}`;
}

function addSeparators(whole: string, group: string): string {
  let text = whole;
  for (let at = whole.length - 3; at > 0; at -= 3) {
    text = text.slice(0, at) + group + text.slice(at);
  }
  return text;
}

/**
 * The literals before and after the digits of a section in the usual form, such as `£#,##0.00`, and its least digits.
 */
interface UsualForm {
  readonly before: string;
  readonly least: number;
  readonly after: string;
}

const USUAL_FORM = /^([^0#?]*?)[#]*(0*)([^0#?]*)$/;
const USUAL_FRACTION = /^(0*)([^0#?]*)$/;

/** Reads a section whose digits stand together, with decimals that are always shown. */
function readUsualForm(section: Section): UsualForm | undefined {
  const isPlain = !section.isGeneral && section.shift === 0 &&
    section.whole.some(({ kind }) => kind === "digit");
  const write = (tokens: readonly Token[]) =>
    tokens.map((token) => token.kind === "literal" ? token.text : token.placeholder).join("");
  // A digit in a literal would look like a place.
  const isClear = [...section.whole, ...section.fraction].every((token) =>
    token.kind === "digit" || !/[0#?]/.test(token.text)
  );
  const whole = USUAL_FORM.exec(write(section.whole));
  const fraction = USUAL_FRACTION.exec(write(section.fraction));
  if (!isPlain || !isClear || whole === null || fraction === null) return undefined;
  const [, before = "", zeros = "", between = ""] = whole;
  const [, , after = ""] = fraction;
  if (section.decimals > 0 ? between !== "" : section.point !== "") return undefined;
  return {
    before: before.trimStart(),
    least: zeros.length,
    after: (section.decimals > 0 ? after : between).trimEnd(),
  };
}

/** Returns the conversion of the numbers of a section; most formats have a quick one for most numbers. */
function createShow(section: Section): ShowNumber {
  const form = readUsualForm(section);
  if (form === undefined) return (value) => showSection(section, value);
  const { before, least, after } = form;
  const { decimals, point, group, isNegative } = section;
  const scale = 10 ** decimals;
  return (value) => {
    const rounded = roundQuickly(Math.abs(value), scale);
    if (rounded === undefined) return showSection(section, value);
    const digits = String(rounded).padStart(decimals + least, "0");
    const split = Math.max(digits.length - decimals, 0);
    const whole = digits.slice(0, split);
    const fraction = decimals === 0 ? "" : point + digits.slice(split).padStart(decimals, "0");
    const shownWhole = least === 0 && rounded < scale ? "" : whole;
    const sign = value < 0 && rounded > 0 && !isNegative ? "-" : "";
    return sign + before + (group === "" ? shownWhole : addSeparators(shownWhole, group)) +
      fraction + after;
  };
}

/** Finds the section that shows a number: by its condition, or else those of positive, negative and zero in turn. */
function findSection(sections: readonly Section[], value: number): Section | undefined {
  const [first, second, third] = sections;
  if (first?.condition === undefined && second?.condition === undefined) {
    return (value < 0 ? second : value === 0 ? third : undefined) ?? first;
  }
  const isFirst = first?.condition ?? ((number: number) => number > 0);
  if (isFirst(value)) return first;
  if (second?.condition === undefined && third === undefined) return second ?? first;
  const isSecond = second?.condition ?? ((number: number) => number < 0);
  return isSecond(value) ? second : third ?? second;
}

/**
 * Returns the conversion of numbers by a format code. A number has the separators of English, because the file does not
 * say which ones its author saw, unless the code names a language (`[$-422]`). The language of a currency (`[$€-407]`)
 * is not that of the number, as in spreadsheets.
 *
 * @returns `undefined` when the code shows all digits (`General`), an exponent or a vulgar fraction
 */
export function readNumberFormat(code: string): ShowNumber | undefined {
  const sections = code === "" ? undefined : parseSections(code);
  if (sections === undefined) return undefined;
  const shows = new Map(sections.map((section) => [section, createShow(section)]));
  return (value) => {
    const section = findSection(sections, value);
    return section === undefined ? "" : shows.get(section)?.(value) ?? "";
  };
}
