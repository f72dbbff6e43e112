/**
 * Formats numbers as Java does, the runtime of the registries platform: by a locale, or by a pattern such as `,##0.00`.
 */
import {
  compute,
  Decimal,
  exactDecimal,
  type Numeric,
  roundDecimal,
  type Rounding,
  toDecimal,
} from "./decimal.ts";

/**
 * The signs with which a locale writes numbers: before the fraction, between groups of digits, and before negative
 * ones.
 */
export interface NumberSymbols {
  readonly decimal: string;
  readonly group: string;
  readonly minus: string;
}

interface Pattern {
  readonly prefix: string;
  readonly suffix: string;
  /** As `prefix` and `suffix`, for negative numbers; `undefined`: the prefix after a minus. */
  readonly negative: { readonly prefix: string; readonly suffix: string } | undefined;
  /** Digits in a group; 0 for none. */
  readonly grouping: number;
  readonly minWhole: number;
  readonly minPart: number;
  readonly maxPart: number;
  readonly multiplier: number;
  readonly rounding: Rounding;
  readonly symbols: Partial<NumberSymbols>;
}

/**
 * The longest digit part of a number pattern, in characters: its `#`, `0`, `,` and `.` together. A pattern with a
 * longer one counts as invalid.
 */
export const MAX_PATTERN_DIGITS = 100;

const KNOWN_SYMBOLS = new Map<string, NumberSymbols>();
const KNOWN_PATTERNS = new Map<string, Pattern | undefined>();
/** The most patterns and locales that are remembered. */
const MAX_KNOWN = 200;
const NUMERIC_PART = /^([#,]*)([0,]*)(?:\.(0*)(#*))?$/;
const OPTION = /([a-zA-Z]+)\s*=\s*(?:'([^']*)'|"([^"]*)"|([^\s,]+))/g;
const ROUNDINGS: ReadonlyMap<string, Rounding> = new Map([
  ["up", "up"],
  ["down", "down"],
  ["ceiling", "ceiling"],
  ["floor", "floor"],
  ["halfUp", "half-up"],
  ["halfDown", "half-down"],
  ["halfEven", "half-even"],
]);

function remember<T>(known: Map<string, T>, key: string, value: T): T {
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, value);
  return value;
}

/** The separators of a locale, a BCP 47 tag; those of English for a tag that is not valid. */
function numberSymbols(locale: string): NumberSymbols {
  const known = KNOWN_SYMBOLS.get(locale);
  if (known !== undefined) return known;
  let parts: readonly Intl.NumberFormatPart[];
  try {
    parts = new Intl.NumberFormat(locale, { numberingSystem: "latn" }).formatToParts(-1234567.5);
  } catch {
    parts = new Intl.NumberFormat("en").formatToParts(-1234567.5);
  }
  const find = (type: string, other: string) =>
    parts.find((part) => part.type === type)?.value ?? other;
  return remember(KNOWN_SYMBOLS, locale, {
    decimal: find("decimal", "."),
    group: find("group", ","),
    minus: find("minusSign", "-"),
  });
}

/** Splits a pattern at its unquoted semicolon; quotes stay. */
function splitNegative(pattern: string): readonly string[] {
  const parts: readonly string[] = pattern.match(/(?:'[^']*'|[^';])+|;/g) ?? [];
  const at = parts.indexOf(";");
  return at === -1 ? [pattern] : [parts.slice(0, at).join(""), parts.slice(at + 1).join("")];
}

function unquoted(text: string): string {
  return text.replaceAll("''", "\u0000").replaceAll("'", "").replaceAll("\u0000", "'");
}

/** The currencies of some countries; others have the sign for any currency. */
const CURRENCIES: ReadonlyMap<string, string> = new Map([
  ["UA", "UAH"],
  ["US", "USD"],
  ["GB", "GBP"],
  ["PL", "PLN"],
  ...["DE", "FR", "IT", "ES", "NL", "AT", "BE", "FI", "IE", "PT", "SK", "LT", "LV", "EE"].map((
    country,
  ) => [country, "EUR"] as const),
]);

/** The sign of the currency of a locale's country. */
function currencySign(locale: string): string {
  const currency = CURRENCIES.get(/-([A-Z]{2})\b/.exec(locale)?.[1] ?? "");
  if (currency === undefined) return "¤";
  const format = new Intl.NumberFormat(locale, {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
  });
  return format.formatToParts(1).find(({ type }) => type === "currency")?.value ?? currency;
}

/** The text before, the digits, and the text after. */
function affixes(
  part: string,
): readonly [prefix: string, digits: string, suffix: string] | undefined {
  const match = /^((?:'[^']*'|[^'#0,.])*)([#0,.]+)((?:'[^']*'|[^'#0,.])*)$/.exec(part);
  return match === null ? undefined : [match[1] ?? "", match[2] ?? "", match[3] ?? ""];
}

function multiplierOf(affix: string): number {
  const plain = affix.replace(/'[^']*'/g, "");
  return plain.includes("%") ? 100 : plain.includes("‰") ? 1000 : 1;
}

function parsePattern(written: string): Pattern | undefined {
  const [main = "", options = ""] = written.split(";;");
  const [positive = "", negative] = splitNegative(main.replace(/;$/, ""));
  const parts = affixes(positive);
  if (parts === undefined || /E0/.test(positive)) return undefined;
  const [prefix, digits, suffix] = parts;
  const [, hashes, zeros = "", fixed = "", free = ""] = NUMERIC_PART.exec(digits) ?? [];
  if (hashes === undefined || digits.length > MAX_PATTERN_DIGITS) return undefined;
  const whole = hashes + zeros;
  const comma = whole.lastIndexOf(",");
  if (comma === whole.length - 1 && comma !== -1) return undefined;
  const set = new Map<string, string>();
  for (const [, name = "", a, b, c] of options.matchAll(OPTION)) set.set(name, a ?? b ?? c ?? "");
  const rounding = ROUNDINGS.get(set.get("roundingMode") ?? "halfEven");
  const multiplier = Number(set.get("multiplier") ?? multiplierOf(prefix + suffix));
  if (rounding === undefined || !Number.isSafeInteger(multiplier)) return undefined;
  const below = negative === undefined ? undefined : affixes(negative);
  const [decimal, group] = [set.get("decimalSeparator"), set.get("groupingSeparator")];
  const minWhole = zeros.replaceAll(",", "").length;
  return {
    prefix: unquoted(prefix),
    suffix: unquoted(suffix),
    negative: below && { prefix: unquoted(below[0]), suffix: unquoted(below[2]) },
    grouping: comma === -1 ? 0 : whole.length - comma - 1,
    // A pattern without any 0 shows the last digit before the point, or the first after it.
    minWhole: minWhole === 0 && fixed === "" && hashes !== "" ? 1 : minWhole,
    minPart: minWhole === 0 && fixed === "" && hashes === "" ? 1 : fixed.length,
    maxPart: fixed.length + free.length,
    multiplier,
    rounding,
    symbols: { ...(decimal && { decimal }), ...(group && { group }) },
  };
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ["number", "#,##0.###"],
  ["currency", "¤#,##0.00"],
  ["percent", "#,##0%"],
  ["computer", "0.################"],
  ["c", "0.################"],
  ["0", "0"],
]);

/** Whether a text is a number format: a name such as `percent`, or a pattern such as `,##0.00`. */
export function isNumberFormat(format: string): boolean {
  return patternOf(format) !== undefined;
}

/** How a locale writes amounts: the sign stands before or after. */
function currencyFormat(locale: string): string {
  return /^(?:en|zh|ja)\b/.test(locale) ? "¤#,##0.00" : "#,##0.00\u00a0¤";
}

function patternOf(format: string): Pattern | undefined {
  if (KNOWN_PATTERNS.has(format)) return KNOWN_PATTERNS.get(format);
  return remember(KNOWN_PATTERNS, format, parsePattern(NAMED.get(format) ?? format));
}

function grouped(digits: string, size: number, separator: string): string {
  if (size === 0 || digits.length <= size) return digits;
  const parts: string[] = [];
  for (let end = digits.length; end > 0; end -= size) {
    parts.unshift(digits.slice(Math.max(0, end - size), end));
  }
  return parts.join(separator);
}

/** @param isNegative whether the number was below zero before it was rounded: it keeps its sign */
function write(value: Decimal, isNegative: boolean, pattern: Pattern, locale: string): string {
  const symbols = { ...numberSymbols(locale), ...pattern.symbols };
  const digits = String(value.units < 0n ? -value.units : value.units).padStart(
    value.scale + 1,
    "0",
  );
  const point = digits.length - value.scale;
  let part = digits.slice(point).replace(/0+$/, "").padEnd(pattern.minPart, "0");
  let whole = digits.slice(0, point).replace(/^0+/, "").padStart(pattern.minWhole, "0");
  if (whole + part === "") whole = "0";
  part = part === "" ? "" : symbols.decimal + part;
  const body = grouped(whole, pattern.grouping, symbols.group) + part;
  const { prefix, suffix } = !isNegative
    ? pattern
    : pattern.negative ?? { prefix: symbols.minus + pattern.prefix, suffix: pattern.suffix };
  const written = prefix + body + suffix;
  return written.includes("¤") ? written.replaceAll("¤", currencySign(locale)) : written;
}

/**
 * Formats a number by a pattern such as `,##0.00` or by a name: `number`, `percent`, `currency`, `computer`.
 *
 * @param locale a BCP 47 tag; `computer` ignores it
 * @returns `undefined` where the format is not valid or has an exponent
 */
export function formatNumber(value: Numeric, format: string, locale: string): string | undefined {
  const pattern = patternOf(format === "currency" ? currencyFormat(locale) : format);
  if (pattern === undefined) return undefined;
  if (typeof value === "number" && !Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  // A number whose shortest text has no more digits than asked for is not rounded.
  const scaled = pattern.multiplier === 1 ? value : compute(value, "*", pattern.multiplier);
  const shortest = scaled === undefined ? undefined : toDecimal(scaled);
  if (scaled === undefined || shortest === undefined) return undefined;
  const exact = shortest.scale <= pattern.maxPart ? shortest : exactDecimal(scaled) ?? shortest;
  const rounded = roundDecimal(exact, pattern.maxPart, pattern.rounding);
  return write(
    rounded,
    exact.units < 0n,
    pattern,
    NAMED.get("c") === NAMED.get(format) ? "en" : locale,
  );
}

/** Few digits after the point: the default format shows them all. */
const SHORT_NUMBER = /^(-?)(\d+)(?:\.(\d{1,3}))?$/;

/**
 * Formats a number by a locale's own format: in groups of three digits, with at most three digits after the point.
 * `undefined` for a number with too many digits to compute with.
 */
export function formatPlainly(value: Numeric, locale: string): string | undefined {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 1000) {
    return String(value);
  }
  const match = typeof value === "number" ? SHORT_NUMBER.exec(String(value)) : null;
  if (match === null) return formatNumber(value, "number", locale);
  const [, sign = "", whole = "", part = ""] = match;
  const symbols = numberSymbols(locale);
  return (sign === "" ? "" : symbols.minus) + grouped(whole, 3, symbols.group) +
    (part === "" ? "" : symbols.decimal + part);
}

/**
 * Formats a number with at least `least` and at most `most` digits after the point, as `#{n; m1M2}` does, and without
 * groups of digits.
 */
export function formatDigits(value: Numeric, least: number, most: number, locale: string) {
  return formatNumber(
    value,
    "0." + "0".repeat(least) + "#".repeat(Math.max(0, most - least)),
    locale,
  );
}
