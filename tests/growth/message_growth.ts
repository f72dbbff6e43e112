import type { Personalisation } from "../../domain/template/template.ts";
import { fillTo, type GrowthCase } from "./growth_case.ts";

/** A message of a given size. */
export interface GrowingMessage {
  readonly body: string;
  readonly values?: Personalisation;
}

/** The name of the growing part, the first size, and a function that builds a message of a size. */
export type LargeMessage = readonly [string, number, (size: number) => GrowingMessage];

/** The length of the shorter body that repeats one unit. */
const UNIT_SIZE = 10_000;

/**
 * Makes the growth cases of one way to render.
 *
 * @param units each fills a body of its own
 * @param values personalisation of the bodies that repeat a unit
 */
export function messageGrowth(
  symbol: string,
  render: (message: GrowingMessage) => void,
  units: readonly string[],
  large: readonly LargeMessage[],
  values: Personalisation = {},
): readonly GrowthCase[] {
  const prepareMessage = (make: (size: number) => GrowingMessage) => (size: number) => {
    const message = make(size);
    return () => render(message);
  };
  return [
    ...units.map((unit): GrowthCase => ({
      symbol,
      grows: `repeated ${JSON.stringify(unit)}`,
      size: UNIT_SIZE,
      prepare: prepareMessage((size) => ({ body: fillTo(size, unit), values })),
    })),
    ...large.map(([grows, size, make]): GrowthCase => ({
      symbol,
      grows,
      size,
      prepare: prepareMessage(make),
    })),
  ];
}
