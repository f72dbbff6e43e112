/** Mobile numbers that get codes by text. */
import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { parsePhone } from "../recipient/phone.ts";
import { ok, refuse, type Result } from "../result.ts";
import { DEFAULT_SETTINGS } from "../service/service.ts";
import type { FieldRefusal } from "./refusals.ts";

/** Numbers of every country. */
export const EVERY_COUNTRY = "*";

/** Ofcom's numbers for drama (07700 900000 to 900999), which no numbering plan has: they count as mobile. */
const DRAMA = /^447700900\d{3}$/;

/**
 * Parses a mobile number of one of the countries, as typed.
 *
 * @param countries ISO 3166 codes; a number without a country prefix belongs to the first whose plan it fits
 * @returns its E.164 form with a plus sign
 */
export function parseMobileNumber(
  typed: string,
  countries: readonly string[],
): Result<string, FieldRefusal> {
  const isEvery = countries.includes(EVERY_COUNTRY);
  const homes = isEvery ? [DEFAULT_SETTINGS.country] : countries;
  const parsed = homes.map((country) => parsePhone(typed, { country }));
  const isHome = parsed.find((number) => number.ok && !number.value.international);
  const found = isHome ?? parsed.find((number) => number.ok);
  if (found === undefined || !found.ok) {
    return refuse({ kind: "mobile-number", because: "not-valid" });
  }
  const { normalised } = found.value;
  if (!isMobile(normalised)) return refuse({ kind: "mobile-number", because: "not-mobile" });
  if (isHome === undefined && !isEvery) {
    return refuse({ kind: "mobile-number", because: "country-not-allowed" });
  }
  return ok(`+${normalised}`);
}

function isMobile(normalised: string): boolean {
  const type = parsePhoneNumberFromString(`+${normalised}`)?.getType();
  return type === "MOBILE" || type === "FIXED_LINE_OR_MOBILE" || DRAMA.test(normalised);
}

/** The last digits of a number, by which its owner recognises it. */
export function endingOf(number: string): string {
  return number.slice(-3);
}
