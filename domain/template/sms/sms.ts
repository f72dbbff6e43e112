import { fill, type Personalisation } from "../fill.ts";
import { downgradeToSms, isGsm7, isGsm7Extension, replaceTypography } from "./gsm7.ts";
import { joinWords, splitLines, strip } from "../../python_compat/text.ts";
import { type Template, valuesOf } from "../template.ts";
import { transliterateUkrainian } from "./transliteration.ts";
import { removeSpaceBeforePunctuation } from "../typography.ts";

/** The longest text, in UTF-16 code units and without the service's prefix: six fragments. */
export const SMS_MAX_CHARACTERS = 918;

/** How many units a text holds when it is alone, and when it is one of several. Units are septets, or UTF-16 units. */
export const SMS_FRAGMENTS = {
  gsm7: { single: 160, part: 153 },
  ucs2: { single: 70, part: 67 },
} as const;

/** How a text is to be written. */
export interface SmsOptions {
  /** The service's name, to be put before the text. */
  readonly prefix: string | undefined;
  /** `unicode` keeps what GSM-7 lacks and makes the text longer; `downgrade` replaces it. */
  readonly encoding: "unicode" | "downgrade";
  /** Ukrainian in Latin letters, by {@link transliterateUkrainian}; it takes 160 characters a fragment and not 70. */
  readonly transliterate?: boolean | undefined;
}

/** What a text costs. */
export interface SmsMeasure {
  /** UTF-16 code units. */
  readonly characters: number;
  readonly fragments: number;
  readonly encoding: "gsm7" | "ucs2";
  /** Characters that take two septets in GSM-7. */
  readonly extended: number;
  /** The characters outside GSM-7, each once, in order of first use. */
  readonly nonGsm: readonly string[];
}

const FULL_WIDTH = /[\u00a0\u202f]/g;
const ZERO_WIDTH = /[\u180e\u200b\u200c\u2060\ufeff\u2028\u2029]/g;
const ZERO_WIDTH_AND_JOINER = /[\u180e\u200b-\u200d\u2060\ufeff\u2028\u2029]/g;

function normaliseLines(text: string, invisible: RegExp): string {
  return splitLines(text).map((line) =>
    joinWords(line.replace(FULL_WIDTH, " ").replace(invisible, ""))
  ).join("\n");
}

/**
 * Stands for a placeholder where a template is rendered without any values: it counts as nothing, yet the blanks round it
 * are not run together.
 */
const NOTHING = "\0\0";

function filledBody(template: Template, personalisation: Personalisation): string {
  const style = { escape: false, lists: "sentence" } as const;
  const isGiven = template.syntax === "freemarker" || Object.keys(personalisation).length > 0;
  const given = isGiven
    ? personalisation
    : Object.fromEntries(template.placeholders.map((name) => [name, NOTHING]));
  return fill(template.body, valuesOf(template, given, false), style);
}

/** The text with its prefix and tidied blanks, its characters not yet looked at. */
function tidySms(
  template: Template,
  personalisation: Personalisation,
  options: SmsOptions,
): string {
  const filled = filledBody(template, personalisation);
  const prefix = options.prefix ?? "";
  const whole = prefix === "" ? filled : `${strip(prefix)}: ${filled}`;
  const invisible = options.encoding === "unicode" ? ZERO_WIDTH : ZERO_WIDTH_AND_JOINER;
  const lines = normaliseLines(removeSpaceBeforePunctuation(whole), invisible);
  const tidy = strip(lines.replace(/\n{3,}/g, "\n\n")).replaceAll(NOTHING, "");
  return options.transliterate === true ? transliterateUkrainian(tidy) : tidy;
}

/**
 * The text that is sent: values in, blanks tidied, and characters made fit for the encoding. (facts/notify.md 4.4)
 *
 * Where some values are given, a placeholder without one stays as it stands; without any values all come to nothing.
 */
export function renderSms(
  template: Template,
  personalisation: Personalisation,
  options: SmsOptions,
): string {
  return substitute(tidySms(template, personalisation, options), options.encoding);
}

function substitute(text: string, encoding: SmsOptions["encoding"]): string {
  return encoding === "unicode" ? replaceTypography(text).toWellFormed() : downgradeToSms(text);
}

/** Counts a text as providers do. */
export function measureSms(text: string): SmsMeasure {
  let extended = 0;
  const nonGsm = new Set<string>();
  for (const character of text) {
    if (isGsm7Extension(character)) extended++;
    else if (!isGsm7(character)) nonGsm.add(character);
  }
  return toMeasure(text.length, extended, [...nonGsm]);
}

function toMeasure(characters: number, extended: number, nonGsm: readonly string[]): SmsMeasure {
  const encoding = nonGsm.length === 0 ? "gsm7" : "ucs2";
  const units = encoding === "gsm7" ? characters + extended : characters;
  const { single, part } = SMS_FRAGMENTS[encoding];
  const fragments = units <= single ? 1 : Math.ceil(units / part);
  return { characters, fragments, encoding, extended, nonGsm };
}

/**
 * The length of what is in every text of the template, in UTF-16 code units: its own words outside of placeholders, branches
 * and loops, written as they are sent with empty values. No other values make a shorter text; in Latin letters a soft sign
 * or an apostrophe as a value can, by a letter or two beside it.
 */
export function fixedSmsCharacters(
  template: Template,
  options: Omit<SmsOptions, "prefix">,
): number {
  const own = template.body.filter((part) => typeof part === "string").join("");
  const alone = { ...template, body: [own], placeholders: [] };
  return measureSms(renderSms(alone, {}, { ...options, prefix: undefined })).characters;
}

/** The peer's count of a template with its values, as shown to authors and billed. */
export interface SmsCount extends SmsMeasure {
  /** What the limit is judged by. */
  readonly charactersWithoutPrefix: number;
}

/**
 * Counts a template with its values as the peer does.
 *
 * The prefix is taken off with its outer blanks, which are not sent; by the older rules in code points and as typed. They
 * also look for what forces Unicode before characters are replaced. {@link measureSms} of the text that is sent says what
 * providers will count.
 */
export function countSms(
  template: Template,
  personalisation: Personalisation,
  options: SmsOptions,
): SmsCount {
  const unicode = options.encoding === "unicode";
  const tidy = tidySms(template, personalisation, options);
  const measure = measureSms(substitute(tidy, options.encoding));
  const given = options.prefix ?? "";
  const prefix = options.transliterate === true ? transliterateUkrainian(given) : given;
  const prefixLength = unicode ? replaceTypography(prefix).length : [...prefix].length;
  const forcing = unicode
    ? measure.nonGsm
    : measure.nonGsm.filter((character) => tidy.includes(character));
  return {
    ...toMeasure(measure.characters, measure.extended, forcing),
    charactersWithoutPrefix: prefix === ""
      ? measure.characters
      : Math.max(measure.characters - prefixLength - ": ".length, 0),
  };
}
