import type { JSX } from "hono/jsx/jsx-runtime";
import { type CostGroup, costOfList } from "../../../domain/pricing/list_cost.ts";
import type { ListFragments } from "../../../domain/jobs/report.ts";
import { NoPrices } from "../components/cost.tsx";
import { Table } from "../components/table.tsx";
import type { View } from "../context.ts";
import { countryName, formatAmount } from "../texts/amounts.ts";
import { formatNumber } from "../texts/plural.ts";

/** How many groups of messages with one cost are shown: the cheapest. */
export const MAX_SHOWN_GROUPS = 100;

interface ListCostProps {
  readonly view: View;
  readonly fragments: ListFragments;
}

/** The least and the highest cost of a message, and that of all of them. */
export function ListTotal({ view, fragments }: ListCostProps): JSX.Element | null {
  const { language, smsPrices, texts: { prices: words } } = view;
  if (smsPrices === undefined) return null;
  const { currency, total, least, most, withoutPrice } = costOfList(smsPrices, fragments.groups);
  const amount = (value: number) => formatAmount(language, currency, value);
  return (
    <div>
      <dt>{words.cost}</dt>
      <dd>
        {least === undefined || most === undefined ? words.unknown : (
          <>
            {amount(total)}
            <div class="hint">
              {least === most
                ? words.eachOf(amount(least))
                : words.fromTo(amount(least), amount(most))}
            </div>
          </>
        )}
        {withoutPrice === 0 ? null : <div class="hint">{words.withoutPrice(withoutPrice)}</div>}
      </dd>
    </div>
  );
}

/** The messages of a list by country and number of fragments, with their cost from least to most. */
export function ListCostTable({ view, fragments }: ListCostProps): JSX.Element {
  const { language, smsPrices, texts: { prices: words } } = view;
  if (smsPrices === undefined) return <NoPrices view={view} />;
  const { currency, groups } = costOfList(smsPrices, fragments.groups);
  const amount = (value: number | undefined) =>
    value === undefined ? words.unknown : formatAmount(language, currency, value);
  const shown = groups.slice(0, MAX_SHOWN_GROUPS);
  const nameOf = ({ country }: CostGroup) =>
    country === null ? words.anyCountry : countryName(language, country);
  return (
    <>
      <Table
        caption={words.cost}
        rows={shown}
        keyOf={({ country, fragments: count }) => `${country} ${count}`}
        columns={[
          { label: words.country, kind: "name", cell: nameOf },
          {
            label: words.fragments,
            kind: "number",
            cell: ({ fragments: count }) => formatNumber(language, count),
          },
          {
            label: words.messages,
            kind: "number",
            cell: ({ messages }) => formatNumber(language, messages),
          },
          { label: words.each, kind: "number", cell: ({ each }) => amount(each) },
          {
            label: words.together,
            kind: "number",
            cell: ({ each, messages }) => amount(each === undefined ? each : each * messages),
          },
        ]}
      />
      {groups.length > shown.length
        ? <p class="hint">{words.moreGroups(groups.length - shown.length)}</p>
        : null}
    </>
  );
}
