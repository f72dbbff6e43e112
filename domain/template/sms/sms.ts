import { fill, type Personalisation } from "../fill.ts";
import { downgradeToSms, isGsm7, isGsm7Extension, replaceTypography } from "./gsm7.ts";
import { joinWords, splitLines, strip } from "../../python_compat/text.ts";
import { type Template, valuesOf } from "../template.ts";
import { transliterateUkrainian } from "./transliteration.ts";
import { toGsmAddress } from "./gsm_address.ts";
import { mapAroundAddresses } from "../text_addresses.ts";
import { removeSpaceBeforePunctuation } from "../typography.ts";
import { cleanMessage } from "../../text/pasted_text.ts";

/**
 * Maximum length of an SMS without the service's prefix, in UTF-16 code units: six fragments in GSM-7. A longer message
 * is refused.
 */
export const SMS_MAX_CHARACTERS = 918;

/**
 * How much a fragment (a billed part of an SMS) holds: when it is the only one (`single`), and when there are several
 * (`part`). The unit is a septet in GSM-7, and a UTF-16 code unit in UCS-2.
 */
export const SMS_FRAGMENTS = {
  gsm7: { single: 160, part: 153 },
  ucs2: { single: 70, part: 67 },
} as const;

/** How an SMS is rendered. */
export interface SmsOptions {
  /** The service's name, which is put before the text. */
  readonly prefix: string | undefined;
  /** `unicode` keeps characters outside GSM-7, which reduces a fragment's capacity; `downgrade` replaces them. */
  readonly encoding: "unicode" | "downgrade";
  /** Whether to transliterate Ukrainian ({@link transliterateUkrainian}), for 160 characters a fragment instead of 70. */
  readonly transliterate?: boolean | undefined;
  /**
   * Whether letters written in parts (`e` and U+0301) are composed first, so that they count as one character and keep
   * their accent, and invisible marks are removed. GOV.UK Notify does neither; the default is `false`.
   */
  readonly cleanPasted?: boolean | undefined;
}

/** The size of an SMS. */
export interface SmsMeasure {
  /** The length of the whole text in UTF-16 code units. */
  readonly characters: number;
  readonly fragments: number;
  readonly encoding: "gsm7" | "ucs2";
  /** How many of the characters take two septets in GSM-7. */
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
 * Token for a placeholder where a template is rendered without values. It is removed after the spaces beside it have been
 * normalised, so that they are not merged.
 */
const EMPTY_PLACEHOLDER = "\0\0";

function filledBody(template: Template, personalisation: Personalisation): string {
  const style = { escape: false, lists: "sentence", engine: template.engine } as const;
  const hasValues = template.syntax === "freemarker" || Object.keys(personalisation).length > 0;
  const values = hasValues
    ? personalisation
    : Object.fromEntries(template.placeholders.map((name) => [name, EMPTY_PLACEHOLDER]));
  return fill(template.body, valuesOf(template, values, false), style);
}

function cleanPasted(text: string, options: SmsOptions): string {
  if (options.cleanPasted !== true) return text;
  // Without Unicode, there is no script that needs a direction.
  return cleanMessage(text, options.encoding === "unicode");
}

/** The text with its prefix and normalised spaces, before characters are replaced. */
function tidySms(
  template: Template,
  personalisation: Personalisation,
  options: SmsOptions,
): string {
  const filled = filledBody(template, personalisation);
  const prefix = options.prefix ?? "";
  const whole = prefix === "" ? filled : `${strip(prefix)}: ${filled}`;
  const invisible = options.encoding === "unicode" ? ZERO_WIDTH : ZERO_WIDTH_AND_JOINER;
  const clean = cleanPasted(whole, options);
  const lines = normaliseLines(removeSpaceBeforePunctuation(clean), invisible);
  const tidy = strip(lines.replace(/\n{3,}/g, "\n\n")).replaceAll(EMPTY_PLACEHOLDER, "");
  return options.transliterate === true ? transliterate(tidy) : tidy;
}

/**
 * Renders an SMS as GOV.UK Notify does: filled, with normalised spaces, and characters replaced by the encoding's rules.
 *
 * With at least one value, a placeholder without a value keeps its written form; without any values, all are empty.
 */
export function renderSms(
  template: Template,
  personalisation: Personalisation,
  options: SmsOptions,
): string {
  return substitute(tidySms(template, personalisation, options), options.encoding);
}

/** Transliterates the text around web addresses, which would lead elsewhere in other letters. */
function transliterate(text: string): string {
  return mapAroundAddresses(text, transliterateUkrainian);
}

/** Replaces characters by the encoding's rules. A web address stays the same, in the form that the encoding has for it. */
function substitute(text: string, encoding: SmsOptions["encoding"]): string {
  return encoding === "unicode"
    ? mapAroundAddresses(text, replaceTypography).toWellFormed()
    : mapAroundAddresses(text, downgradeToSms, toGsmAddress);
}

/** A text of ASCII characters that GSM-7 has, each in one septet. Most texts are such, and need not be looked at singly. */
const ONE_SEPTET_EACH = /^[\n\r -Z_a-z]*$/;

/** Measures an SMS as providers do. @param text the whole text as it is sent */
export function measureSms(text: string): SmsMeasure {
  if (ONE_SEPTET_EACH.test(text)) return toMeasure(text.length, 0, []);
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
 * Returns the length of the template's fixed text, in UTF-16 code units: the text outside placeholders, branches and loops,
 * rendered with empty values. It is a lower bound for any values, except that with transliteration a soft sign or an
 * apostrophe in a value can shorten the letters beside it, and that a value can complete a letter written in parts.
 */
export function fixedSmsCharacters(
  template: Template,
  options: Omit<SmsOptions, "prefix">,
): number {
  const own = template.body.filter((part) => typeof part === "string").join("");
  const alone = { ...template, body: [own], placeholders: [] };
  return measureSms(renderSms(alone, {}, { ...options, prefix: undefined })).characters;
}

/** GOV.UK Notify's measure of a filled template, as shown to authors and billed. */
export interface SmsCount extends SmsMeasure {
  /** The characters that count towards {@link SMS_MAX_CHARACTERS}: those without the service's prefix. */
  readonly charactersWithoutPrefix: number;
}

/**
 * Measures a filled template as GOV.UK Notify does.
 *
 * `charactersWithoutPrefix` is the length less that of the prefix and `": "`, and at least 0. Outer spaces of the prefix
 * count, though they are not sent. With `downgrade` the prefix is counted in code points, and a character that a
 * replacement brings in does not decide the encoding. For what providers bill, {@link measureSms} the rendered text.
 */
export function countSms(
  template: Template,
  personalisation: Personalisation,
  options: SmsOptions,
): SmsCount {
  const unicode = options.encoding === "unicode";
  const tidy = tidySms(template, personalisation, options);
  const measure = measureSms(substitute(tidy, options.encoding));
  const typedPrefix = cleanPasted(options.prefix ?? "", options);
  const prefix = options.transliterate === true ? transliterateUkrainian(typedPrefix) : typedPrefix;
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
