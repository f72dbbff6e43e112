import type { JSX } from "hono/jsx/jsx-runtime";
import { priceOf } from "../../../domain/pricing/sms_prices.ts";
import { countryName, formatAmount } from "../texts/amounts.ts";
import type { View } from "../context.ts";
import { Table } from "./table.tsx";

/** Says that no prices are set, and to operators how they are. */
export function NoPrices({ view }: { readonly view: View }): JSX.Element {
  const { prices } = view.texts;
  const isOperator = view.session?.user.isOperator === true;
  return <p class="hint">{isOperator ? `${prices.none} ${prices.howToSet}` : prices.none}</p>;
}

/**
 * Returns what a text message costs, in words; `undefined` where no prices are set.
 *
 * @param country ISO 3166 code of the recipient's country; `undefined` for a number of no country
 */
export function costText(
  { language, smsPrices, texts }: View,
  country: string | undefined,
  fragments: number,
): string | undefined {
  if (smsPrices === undefined) return undefined;
  const price = priceOf(smsPrices, country);
  const name = country === undefined ? texts.prices.anyCountry : countryName(language, country);
  return price === undefined
    ? texts.prices.noPriceFor(name)
    : `${formatAmount(language, smsPrices.currency, price * fragments)} (${name})`;
}

interface CostByCountryProps {
  readonly view: View;
  /** ISO 3166 code of the service's country. */
  readonly home: string;
  readonly fragments: number;
}

/** What a text costs in the service's country, and in each other country with a price. */
export function CostByCountry({ view, home, fragments }: CostByCountryProps): JSX.Element {
  const { language, smsPrices, texts } = view;
  const { prices: words } = texts;
  if (smsPrices === undefined) {
    return (
      <>
        <p class="hint">{texts.editor.abroad}</p>
        <NoPrices view={view} />
      </>
    );
  }
  const { currency, byCountry, others } = smsPrices;
  const named = Array.from(byCountry, ([code, price]) => ({
    name: countryName(language, code),
    code,
    price,
  })).filter(({ code }) => code !== home)
    .toSorted((a, b) => a.name.localeCompare(b.name, language));
  const rows = others === undefined
    ? named
    : [...named, { name: words.everyOther, code: "*", price: others }];
  return (
    <>
      <p class="meter">{`${words.cost}: ${costText(view, home, fragments)}`}</p>
      {rows.length === 0 ? null : (
        <details>
          <summary>{words.otherCountries}</summary>
          <Table
            rows={rows}
            keyOf={({ code }) => code}
            columns={[
              { label: words.country, kind: "name", cell: ({ name }) => name },
              {
                label: words.cost,
                kind: "number",
                cell: ({ price }) => formatAmount(language, currency, price * fragments),
              },
            ]}
          />
        </details>
      )}
    </>
  );
}
