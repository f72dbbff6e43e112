/** The cost of a list's text messages. */
import type { FragmentGroup } from "../jobs/report.ts";
import { priceOf, type SmsPrices } from "./sms_prices.ts";

/** Messages of a list to one country with the same number of fragments, which cost the same. */
export interface CostGroup extends FragmentGroup {
  /** The cost of each, in 1/10,000 of the currency; `undefined` where no price is known. */
  readonly each: number | undefined;
}

/** The cost of a list's messages. Amounts are in 1/10,000 of the currency. */
export interface ListCost {
  readonly currency: string;
  /** The cost of all messages with a known price. */
  readonly total: number;
  /** The cost of the cheapest and of the dearest message; `undefined` when no price is known. */
  readonly least: number | undefined;
  readonly most: number | undefined;
  /** How many messages have no known price. */
  readonly withoutPrice: number;
  /** From least to most; those without a price last. */
  readonly groups: readonly CostGroup[];
}

/** Adds up the cost of a list's messages. */
export function costOfList(prices: SmsPrices, counted: readonly FragmentGroup[]): ListCost {
  const groups = counted.map((group): CostGroup => {
    const price = priceOf(prices, group.country ?? undefined);
    return { ...group, each: price === undefined ? undefined : price * group.fragments };
  }).toSorted((a, b) => (a.each ?? Infinity) - (b.each ?? Infinity) || a.fragments - b.fragments);
  const known = groups.filter(({ each }) => each !== undefined);
  const messagesOf = (some: readonly CostGroup[]) =>
    some.reduce((sum, { messages }) => sum + messages, 0);
  return {
    currency: prices.currency,
    total: known.reduce((sum, { each = 0, messages }) => sum + each * messages, 0),
    least: known.at(0)?.each,
    most: known.at(-1)?.each,
    withoutPrice: messagesOf(groups) - messagesOf(known),
    groups,
  };
}
