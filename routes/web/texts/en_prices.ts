import { createPlural, type PluralForms } from "./plural.ts";

const plural = (forms: PluralForms) => createPlural("en", forms);

/** The English texts about what text messages cost. */
export const EN_PRICES = {
  prices: {
    cost: "Cost",
    none: "No prices are set, so only the number of text messages is shown.",
    /** Shown to operators. */
    howToSet: "Set SMS_PRICES in the configuration to show what they cost.",
    noPriceFor: (country: string) => `${country}: no price is set`,
    otherCountries: "What it costs to other countries",
    everyOther: "Every other country",
    anyCountry: "A number of no country",
    country: "Country",
    fragments: "Parts",
    messages: "Messages",
    each: "Each",
    together: "Together",
    unknown: "no price",
    fromTo: (least: string, most: string) => `${least} to ${most} each`,
    eachOf: (amount: string) => `${amount} each`,
    withoutPrice: plural({
      one: "{n} message to a country without a price is not in it.",
      other: "{n} messages to countries without a price are not in it.",
    }),
    moreGroups: plural({ one: "and {n} more", other: "and {n} more" }),
    atPrices: "at today’s prices",
  },
};
