/** The operator's prices of a fragment of a text message, by country. Amounts are integers, so that sums are exact. */
import { parseJson } from "../json/parse_json.ts";
import { isJsonObject } from "../json/json_object.ts";
import { ok, refuse, type Result } from "../result.ts";
import { isKnownCountry } from "../service/setting_rules.ts";

/** How many decimals a price may have. */
export const PRICE_DECIMALS = 4;
/** The units of an amount that are one of the currency. */
const UNITS = 10 ** PRICE_DECIMALS;
/** The highest price of a fragment, in the currency: 100,000 messages of many fragments still add up exactly. */
export const MAX_PRICE = 10_000;
/** The longest text of the prices, in characters. */
export const MAX_PRICES_TEXT = 20_000;
/** The name that stands for every country without a price of its own. */
const OTHERS = "*";

/** Prices of one fragment of a text message, in 1/10,000 of the currency. */
export interface SmsPrices {
  /** ISO 4217. */
  readonly currency: string;
  /** By ISO 3166 code. */
  readonly byCountry: ReadonlyMap<string, number>;
  /** For every other country; `undefined` where its price is not known. */
  readonly others: number | undefined;
}

/**
 * Parses prices such as `{"currency":"EUR","prices":{"UA":"0.0550","GB":0.042,"*":"0.1"}}`.
 *
 * @returns as a refusal what is wrong, to be read after the name of the text: "must be a JSON object"
 */
export function parseSmsPrices(text: string): Result<SmsPrices, string> {
  if (text.length > MAX_PRICES_TEXT) {
    return refuse(`must have at most ${MAX_PRICES_TEXT} characters`);
  }
  const value = parseJson(text);
  if (!isJsonObject(value)) return refuse("must be a JSON object");
  const unknown = Object.keys(value).find((name) => name !== "currency" && name !== "prices");
  if (unknown !== undefined) {
    return refuse(`has the unknown field ${quoted(unknown)}: it takes "currency" and "prices"`);
  }
  const { currency, prices } = value;
  if (!isCurrency(currency)) {
    return refuse('needs "currency", an ISO 4217 code such as "EUR"');
  }
  if (!isJsonObject(prices) || Object.keys(prices).length === 0) {
    return refuse('needs "prices", an object of prices by ISO 3166 code, such as {"UA":"0.05"}');
  }
  const byCountry = new Map<string, number>();
  for (const [country, typed] of Object.entries(prices)) {
    if (country !== OTHERS && !isKnownCountry(country)) {
      return refuse(
        `has the unknown country ${
          quoted(country)
        } in "prices": use ISO 3166 codes such as "UA", ` +
          `or "${OTHERS}" for all others`,
      );
    }
    const price = parsePrice(typed);
    if (price === undefined) {
      return refuse(
        `has a price for ${quoted(country)} that is not a number from 0 to ${MAX_PRICE} with at ` +
          `most ${PRICE_DECIMALS} decimals, such as "0.0550"`,
      );
    }
    byCountry.set(country, price);
  }
  const others = byCountry.get(OTHERS);
  byCountry.delete(OTHERS);
  return ok({ currency, byCountry, others });
}

/** The start of a text, as JSON writes it. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 20));
}

function isCurrency(value: unknown): value is string {
  return typeof value === "string" && Intl.supportedValuesOf("currency").includes(value);
}

const PRICE = new RegExp(`^(\\d{1,6})(?:\\.(\\d{1,${PRICE_DECIMALS}}))?$`);

/** Reads a price, as a text or a JSON number, in 1/10,000. */
function parsePrice(typed: unknown): number | undefined {
  if (typeof typed !== "string" && typeof typed !== "number") return undefined;
  const [, whole, decimals = ""] = PRICE.exec(String(typed)) ?? [];
  if (whole === undefined) return undefined;
  const price = Number(whole) * UNITS + Number(decimals.padEnd(PRICE_DECIMALS, "0"));
  return price <= MAX_PRICE * UNITS ? price : undefined;
}

/** Writes an amount in 1/10,000 as a decimal text, such as `0.0550`. */
export function toDecimal(amount: number): string {
  const decimals = String(amount % UNITS).padStart(PRICE_DECIMALS, "0");
  return `${Math.floor(amount / UNITS)}.${decimals}`;
}

/**
 * Returns the price of a fragment to a country, in 1/10,000 of the currency; `undefined` where it is not known.
 *
 * @param country ISO 3166; `undefined` for a number of no country, which costs what others cost
 */
export function priceOf(
  { byCountry, others }: SmsPrices,
  country: string | undefined,
): number | undefined {
  return country === undefined ? others : byCountry.get(country) ?? others;
}
