/**
 * Parses telephone numbers as GOV.UK Notify does.
 *
 * Source: `recipient_validation/phone_number.py` of its utilities, which is built on Google's libphonenumber.
 */
import {
  type CountryCode,
  getCountryCallingCode,
  isSupportedCountry,
  type NumberType,
  parsePhoneNumberFromString,
  type PhoneNumber as PlanNumber,
} from "libphonenumber-js/max";
import { ok, refuse, type Result } from "../result.ts";
import { COUNTRY_PREFIXES } from "./country_prefixes.ts";
import type { PhoneCode } from "./phone_messages.ts";
import {
  checkLength,
  formatInternational,
  internationalPrefix,
  type LengthCheck,
} from "./phone_plan.ts";
import { removeMarks } from "../text/pasted_text.ts";
import { OBSCURE_WHITESPACE } from "./whitespace.ts";

export { PHONE_MESSAGES, type PhoneCode } from "./phone_messages.ts";

/**
 * A telephone number of some country's numbering plan. Home is the country that it was parsed for (option `country` of
 * {@link parsePhone}). {@link allowPhone} decides whether a service may send to it.
 */
export interface PhoneNumber {
  /** E.164 without the plus sign, such as `447700900123`, as it is stored and sent. */
  readonly normalised: string;
  /** The format for people: national for +44, otherwise international. */
  readonly human: string;
  /**
   * Whether it belongs to another region than home. Jersey, Guernsey and the Isle of Man are international to Great
   * Britain.
   */
  readonly international: boolean;
  /** Whether it belongs to Jersey, Guernsey or the Isle of Man. */
  readonly crownDependency: boolean;
  /** The calling code, or the four digits of a North American country that has an entry in {@link COUNTRY_PREFIXES}. */
  readonly countryPrefix: string;
  /** ISO 3166 code of its country or territory; `undefined` for a number of none, such as of a satellite telephone. */
  readonly country: string | undefined;
  /** Whether its calling code differs from home's. Such a number needs the permission for international messages. */
  readonly abroad: boolean;
  /**
   * Whether it is a +44 number that may be a fixed line or a UAN (a company's number for all its offices). Such a
   * number needs the permission for landlines.
   */
  readonly landline: boolean;
}

/** Why a number is refused. */
export interface PhoneRefusal {
  readonly code: PhoneCode;
}

const BRITISH = "44";
const NORTH_AMERICAN = "1";
const UNSENDABLE = new RegExp(`[^0-9()+\\- \\t\\n\\r\\v\\f${OBSCURE_WHITESPACE}]`, "u");
const LEADING_PLUSES = /^([^0-9+]*)\++/;

const SENDABLE_TYPES: ReadonlySet<NumberType> = new Set<NumberType>([
  "FIXED_LINE",
  "MOBILE",
  "FIXED_LINE_OR_MOBILE",
  "UAN",
  "PERSONAL_NUMBER",
]);
const LANDLINE_TYPES: ReadonlySet<NumberType> = new Set<NumberType>([
  "FIXED_LINE",
  "FIXED_LINE_OR_MOBILE",
  "UAN",
]);

const LENGTH_CODES = {
  "local": "too_short",
  "too-short": "too_short",
  "too-long": "too_long",
  "between": "invalid_number",
} as const satisfies Record<Exclude<LengthCheck, "possible">, PhoneCode>;

/**
 * Parses by the numbering plans, relative to `home` when given. It adds three rules of libphonenumber that its
 * JavaScript port lacks: several plus signs count as one; after them, home's international prefix may stand in place of
 * a calling code (`+00 1 …`); and that prefix alone is not a number.
 */
function parsePlanNumber(text: string, home?: CountryCode): PlanNumber | undefined {
  if (home === undefined) return parsePhoneNumberFromString(text.replace(LEADING_PLUSES, "$1+"));
  const options = { defaultCountry: home };
  if (LEADING_PLUSES.test(text)) {
    const number = parsePhoneNumberFromString(text.replace(LEADING_PLUSES, "$1+"), options);
    if (number !== undefined) return number;
  }
  const bare = text.replace(LEADING_PLUSES, "$1");
  const digits = bare.replace(/[^0-9]/g, "");
  const prefix = internationalPrefix(digits, home);
  const readable = prefix === "" ? bare === text : prefix !== digits;
  return readable ? parsePhoneNumberFromString(bare, options) : undefined;
}

/**
 * Parses a number again with a plus sign.
 *
 * @returns the number if its length is possible, in an area or in the country
 */
function restorePlus(text: string): PlanNumber | undefined {
  const number = parsePlanNumber(`+${text}`);
  const verdict = number === undefined ? "between" : checkLength(number);
  return verdict === "possible" || verdict === "local" ? number : undefined;
}

/**
 * Whether it is a number that Ofcom reserves for drama, which no plan contains. As in GOV.UK Notify, the pattern is
 * wider than the range 07700 900000 to 900999, and applies to every country.
 */
function isDramaNumber(number: PlanNumber): boolean {
  return /^0*7700[0-9]/.test(number.nationalNumber);
}

/** A number of a plan with its type, which takes long to find out. */
interface TypedNumber {
  readonly number: PlanNumber;
  readonly type: NumberType;
}

function readNumber(text: string, home: CountryCode): Result<TypedNumber, PhoneRefusal> {
  if (UNSENDABLE.test(text)) return refuse({ code: "unknown_character" });
  if (text === "") return refuse({ code: "too_short" });
  let number = parsePlanNumber(text, home);
  if (number === undefined) return refuse({ code: "invalid_number" });
  const verdict = checkLength(number);
  if (verdict !== "possible") {
    // Spreadsheets drop the plus sign.
    const restored = restorePlus(text);
    if (restored === undefined) return refuse({ code: LENGTH_CODES[verdict] });
    number = restored;
  }
  // A number that is not valid has no type.
  const type = number.getType();
  return SENDABLE_TYPES.has(type) || isDramaNumber(number)
    ? ok({ number, type })
    : refuse({ code: "invalid_number" });
}

const ASCII_FOR: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...OBSCURE_WHITESPACE].map((blank) => [blank, ""])),
  "\u00a0": " ",
  "\u202f": " ",
  "\t": " ",
  "\u2011": "-",
  "\u2013": "-",
  "\u2014": "-",
  "\u2212": "-",
};

/** Simplifies a text for a second attempt: without plus signs and leading zeros, in ASCII. */
function simplify(text: string): string {
  const stripped = text.replaceAll("+", "").replace(/^0+/, "");
  return stripped.replace(/[^ -~]/gu, (character) => ASCII_FOR[character] ?? "?");
}

function countryPrefix(number: PlanNumber): string {
  const callingCode = number.countryCallingCode;
  if (callingCode !== NORTH_AMERICAN) return callingCode;
  const own = number.number.slice(1, 5);
  return COUNTRY_PREFIXES.has(own) ? own : callingCode;
}

function toPhoneNumber({ number, type }: TypedNumber, home: CountryCode): PhoneNumber {
  const british = number.countryCallingCode === BRITISH;
  const region = isDramaNumber(number) ? "GB" : number.country;
  return {
    normalised: number.number.slice(1),
    get human() {
      return british ? number.formatNational() : formatInternational(number);
    },
    international: region !== home,
    crownDependency: british && region !== "GB",
    countryPrefix: countryPrefix(number),
    country: region,
    abroad: number.countryCallingCode !== getCountryCallingCode(home),
    landline: british && LANDLINE_TYPES.has(type),
  };
}

/**
 * Parses a telephone number as typed.
 *
 * @param options.country ISO 3166 code of home. Numbers without a country prefix belong to it, and others are
 * international. `GB` when left out or unknown.
 * @returns the refusal of the second, more lenient attempt when both fail
 */
export function parsePhone(
  typed: string,
  options: { readonly country?: string } = {},
): Result<PhoneNumber, PhoneRefusal> {
  const { country = "GB" } = options;
  const home = isSupportedCountry(country) ? country : "GB";
  const text = removeMarks(typed);
  const first = readNumber(text, home);
  const read = first.ok ? first : readNumber(simplify(text), home);
  return read.ok ? ok(toPhoneNumber(read.value, home)) : read;
}

/** Returns the ISO 3166 code of the country of a normalised number; `undefined` for a number of none. */
export function countryOfNumber(normalised: string): string | undefined {
  const parsed = parsePhone(`+${normalised}`);
  return parsed.ok ? parsed.value.country : undefined;
}

/**
 * Checks whether a service with these permissions may send to a number: one of another country, one that may be a
 * landline, or one whose country prefix GOV.UK Notify does not serve.
 *
 * @returns the number; or the refusal `not_a_uk_mobile` or `unsupported_country_code`
 */
export function allowPhone(
  number: PhoneNumber,
  permissions: { readonly international: boolean; readonly landline: boolean },
): Result<PhoneNumber, PhoneRefusal> {
  if (number.abroad && !permissions.international) return refuse({ code: "not_a_uk_mobile" });
  if (number.landline && !permissions.landline) return refuse({ code: "not_a_uk_mobile" });
  if (!COUNTRY_PREFIXES.has(number.countryPrefix)) {
    return refuse({ code: "unsupported_country_code" });
  }
  return ok(number);
}
