/** Amounts of money and names of countries in the languages of the pages. */
import { PRICE_DECIMALS } from "../../../domain/pricing/sms_prices.ts";
import { type Language, LOCALES } from "./plural.ts";

const COUNTRIES = new Map<Language, Intl.DisplayNames>();
/** By language and currency, of which a deployment has one. */
const AMOUNTS = new Map<string, Intl.NumberFormat>();

/** Writes an amount in 1/10,000 of a currency, such as `€0.055`. */
export function formatAmount(language: Language, currency: string, amount: number): string {
  const name = `${language} ${currency}`;
  let format = AMOUNTS.get(name);
  if (format === undefined) {
    format = new Intl.NumberFormat(LOCALES[language], {
      style: "currency",
      currency,
      maximumFractionDigits: PRICE_DECIMALS,
    });
    AMOUNTS.set(name, format);
  }
  return format.format(amount / 10 ** PRICE_DECIMALS);
}

/** Returns the name of a country by its ISO 3166 code. */
export function countryName(language: Language, code: string): string {
  let names = COUNTRIES.get(language);
  if (names === undefined) {
    names = new Intl.DisplayNames(LOCALES[language], { type: "region" });
    COUNTRIES.set(language, names);
  }
  return names.of(code) ?? code;
}
