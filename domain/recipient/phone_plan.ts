/**
 * Functions of libphonenumber that its JavaScript port lacks: the reason why a length is impossible, and the
 * international format with its hyphens.
 *
 * Source: Google's libphonenumber, `isPossibleNumberWithReason` and `formatNumber`.
 */
import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  Metadata,
  type PhoneNumber as PlanNumber,
  validatePhoneNumberLength,
} from "libphonenumber-js/max";
import { CALLING_CODES } from "./phone_plan_facts.ts";

/**
 * The result of checking a telephone number's length against its country's numbering plan. `local`: the number can be
 * dialled within its area only. `between`: it is longer than the shortest and shorter than the longest, and not
 * possible.
 */
export type LengthCheck = "possible" | "local" | "too-short" | "too-long" | "between";

/** A format of a numbering plan. The port has these methods but does not declare them. */
interface PlanFormat {
  pattern(): string;
  leadingDigitsPatterns(): readonly string[];
  internationalFormat(): string;
}

function hasFormats(plan: unknown): plan is { formats(): readonly PlanFormat[] } {
  return typeof plan === "object" && plan !== null && "formats" in plan &&
    typeof plan.formats === "function";
}

const REGIONS: ReadonlyMap<string, CountryCode> = new Map(
  getCountries().map((country) => [getCountryCallingCode(country), country]),
);

/** The region whose plan applies to a calling code; `undefined` for codes of no country. */
function mainRegion(callingCode: string): CountryCode | undefined {
  return CALLING_CODES[callingCode]?.mainRegion ?? REGIONS.get(callingCode);
}

function planOf(region: CountryCode): Metadata["numberingPlan"] {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(region);
  return metadata.numberingPlan;
}

/** The prefix for international calls from `home`, if the digits begin with it; otherwise an empty string. */
export function internationalPrefix(digits: string, home: CountryCode): string {
  const pattern = planOf(home)?.IDDPrefix();
  return pattern === undefined ? "" : new RegExp(`^(?:${pattern})`).exec(digits)?.[0] ?? "";
}

function checkLengthWithoutRegion(number: PlanNumber): LengthCheck {
  switch (validatePhoneNumberLength(number.number)) {
    case undefined:
      return "possible";
    case "TOO_SHORT":
      return "too-short";
    case "TOO_LONG":
      return "too-long";
    case "INVALID_COUNTRY":
    case "INVALID_LENGTH":
    case "NOT_A_NUMBER":
      return "between";
  }
}

/** Checks the length of a telephone number by the numbering plan of its calling code. */
export function checkLength(number: PlanNumber): LengthCheck {
  const region = mainRegion(number.countryCallingCode);
  if (region === undefined) return checkLengthWithoutRegion(number);
  const lengths = planOf(region)?.possibleLengths() ?? [];
  const { length } = number.nationalNumber;
  if (CALLING_CODES[number.countryCallingCode]?.localLengths?.includes(length)) return "local";
  if (lengths.includes(length)) return "possible";
  if (length < Math.min(...lengths)) return "too-short";
  return length > Math.max(...lengths) ? "too-long" : "between";
}

/**
 * Formats a number for people in other countries, such as `+1 202-555-0104`. The port would replace the hyphens by
 * blanks.
 */
export function formatInternational(number: PlanNumber): string {
  const { countryCallingCode, nationalNumber } = number;
  const region = mainRegion(countryCallingCode);
  const plan = region === undefined ? undefined : planOf(region);
  if (!hasFormats(plan)) return number.formatInternational();
  const format = plan.formats().find((candidate) => {
    const leading = candidate.leadingDigitsPatterns().at(-1);
    return (leading === undefined || new RegExp(`^(?:${leading})`).test(nationalNumber)) &&
      new RegExp(`^(?:${candidate.pattern()})$`).test(nationalNumber);
  });
  if (format === undefined) return `+${countryCallingCode} ${nationalNumber}`;
  const grouped = nationalNumber.replace(
    new RegExp(format.pattern()),
    format.internationalFormat(),
  );
  return `+${countryCallingCode} ${grouped}`;
}
