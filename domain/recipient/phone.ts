/**
 * Telephone numbers, read as GOV.UK Notify reads them.
 *
 * Source: `recipient_validation/phone_number.py` of its utilities, which is built on Google's libphonenumber; the steps
 * are numbered as in that order of work.
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
  type LengthVerdict,
} from "./phone_plan.ts";
import { OBSCURE_WHITESPACE } from "./whitespace.ts";

export { PHONE_MESSAGES, type PhoneCode } from "./phone_messages.ts";

/** A telephone number that exists in some country's plan. Whether a service may send to it is for {@link allowPhone}. */
export interface PhoneNumber {
  /** E.164 without the plus sign, e.g. `447700900123`: stored and sent. */
  readonly normalised: string;
  /** For people: national format for +44, international otherwise. */
  readonly human: string;
  /** Of another region than home. Jersey, Guernsey and the Isle of Man are international to Great Britain. */
  readonly international: boolean;
  /** Of Jersey, Guernsey or the Isle of Man. */
  readonly crownDependency: boolean;
  /** Calling code; in the North American plan the four digits of a country, where the peer knows it by itself. */
  readonly countryPrefix: string;
  /** Not of home's calling code: needs the permission for international texts. */
  readonly abroad: boolean;
  /** +44 and fixed line, fixed line or mobile, or a company's number (UAN): needs the permission for landlines. */
  readonly landline: boolean;
}

/** Why a number is not taken. */
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
} as const satisfies Record<Exclude<LengthVerdict, "possible">, PhoneCode>;

/**
 * Reads by the plans, at home if a home is given, with what the port leaves out of libphonenumber's reading: several plus
 * signs count as one; where no calling code follows them, home's international prefix may (`+00 1 …`); and that prefix
 * alone is no number.
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

/** A number that was given its plus sign back, if its length is possible; one within an area counts here. */
function restorePlus(text: string): PlanNumber | undefined {
  const number = parsePlanNumber(`+${text}`);
  const verdict = number === undefined ? "between" : checkLength(number);
  return verdict === "possible" || verdict === "local" ? number : undefined;
}

/**
 * Whether it is one of the numbers that Ofcom keeps for drama, which no plan has. Wider than the range 07700 900000 to
 * 900999, and in any country, since the peer's pattern is.
 */
function isDramaNumber(number: PlanNumber): boolean {
  return /^0*7700[0-9]/.test(number.nationalNumber);
}

function readNumber(text: string, home: CountryCode): Result<PlanNumber, PhoneRefusal> {
  if (UNSENDABLE.test(text)) return refuse({ code: "unknown_character" });
  if (text === "") return refuse({ code: "too_short" });
  let number = parsePlanNumber(text, home);
  if (number === undefined) return refuse({ code: "invalid_number" });
  const verdict = checkLength(number);
  if (verdict !== "possible") {
    // Spreadsheets lose the plus sign.
    const restored = restorePlus(text);
    if (restored === undefined) return refuse({ code: LENGTH_CODES[verdict] });
    number = restored;
  }
  const sendable = number.isValid() && SENDABLE_TYPES.has(number.getType());
  return sendable || isDramaNumber(number) ? ok(number) : refuse({ code: "invalid_number" });
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

/** The second reading of what cannot be read at first: without plus signs and leading zeros, in ASCII. */
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

function toPhoneNumber(number: PlanNumber, home: CountryCode): PhoneNumber {
  const british = number.countryCallingCode === BRITISH;
  const region = isDramaNumber(number) ? "GB" : number.country;
  return {
    normalised: number.number.slice(1),
    human: british ? number.formatNational() : formatInternational(number),
    international: region !== home,
    crownDependency: british && region !== "GB",
    countryPrefix: countryPrefix(number),
    abroad: number.countryCallingCode !== getCountryCallingCode(home),
    landline: british && LANDLINE_TYPES.has(number.getType()),
  };
}

/**
 * Reads a telephone number as typed.
 *
 * @param options.country ISO 3166 code of home: numbers without a country prefix are read as its own, and what is not of
 * it is international. `GB` when left out or unknown.
 * @returns the refusal of the second, more lenient reading when both fail
 */
export function parsePhone(
  typed: string,
  options: { readonly country?: string } = {},
): Result<PhoneNumber, PhoneRefusal> {
  const { country = "GB" } = options;
  const home = isSupportedCountry(country) ? country : "GB";
  const first = readNumber(typed, home);
  const read = first.ok ? first : readNumber(simplify(typed), home);
  return read.ok ? ok(toPhoneNumber(read.value, home)) : read;
}

/** Whether a service with these permissions may send to the number; if not, the peer's reason. */
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
