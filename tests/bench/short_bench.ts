/** What CI runs: accepts beside the floor, compared with recorded ratios. */
import { z } from "zod";
import { type AcceptRow, measureAccepts, startAcceptContenders } from "./http/accept.ts";
import { median } from "./measure.ts";
import { formatNumber, formatTable } from "./report/table.ts";

const CONNECTIONS = [8, 32] as const;
const ROUNDS = { rounds: 3, roundMs: 700 } as const;
const TRIES = 3;
/** A ratio under this share of the recorded one is too low. */
const LEAST_SHARE = 0.8;
/** With more running than this at the start, rates depend on who gets the cores. */
const BUSY_LOAD = 1;

const RECORD = new URL("./ratios.json", import.meta.url);
const recordSchema = z.record(z.string(), z.number());

/** A ratio of Hark to the floor; higher is faster. */
interface Ratio {
  readonly name: string;
  readonly value: number;
  readonly isRate: boolean;
}

/**
 * Measures the ratios up to three times. A ratio fails when it is too low in each try; a rate does not fail on a busy
 * machine, where Hark's two threads and the floor's one do not get the cores that they need.
 *
 * @param records whether the ratios become the recorded ones
 * @returns whether no ratio failed
 */
export async function checkRatios({ records }: { readonly records: boolean }): Promise<boolean> {
  const isBusy = (Deno.loadavg()[0] ?? 0) > BUSY_LOAD;
  await using servers = await startAcceptContenders();
  const tries: (readonly Ratio[])[] = [];
  const recorded = records ? {} : recordSchema.parse(JSON.parse(await Deno.readTextFile(RECORD)));
  const isLow = ({ name, value }: Ratio) => value < (recorded[name] ?? 0) * LEAST_SHARE;
  for (let n = 0; n < TRIES; n++) {
    const ratios = toRatios(await measureAccepts(servers, ROUNDS, CONNECTIONS));
    tries.push(ratios);
    console.log(`\nTry ${n + 1}\n\n${formatRatios(ratios, recorded)}`);
    if (!records && !ratios.some(isLow)) return true;
  }
  if (records) {
    await Deno.writeTextFile(RECORD, `${JSON.stringify(mediansOf(tries), null, 2)}\n`);
    return true;
  }
  const [first = []] = tries;
  const failed = first.filter(({ name }) =>
    tries.every((ratios) => ratios.some((ratio) => ratio.name === name && isLow(ratio)))
  );
  for (const { name, isRate } of first.filter((ratio) => !failed.includes(ratio) || isBusy)) {
    if (tries.flat().some((ratio) => ratio.name === name && isLow(ratio))) {
      console.log(`warning: ${name} was low${isRate && isBusy ? " on a busy machine" : ""}`);
    }
  }
  const failures = failed.filter(({ isRate }) => !(isRate && isBusy));
  for (const { name } of failures) {
    console.error(`${name} is under ${LEAST_SHARE} of the recorded ratio in ${TRIES} tries`);
  }
  return failures.length === 0;
}

function toRatios(rows: readonly AcceptRow[]): readonly Ratio[] {
  return rows.filter(({ server }) => server === "Hark").flatMap((row) => {
    const name = `accept, ${row.connections} connections`;
    return [
      { name: `${name}: CPU`, value: 1 / row.cpuRatio, isRate: false },
      { name: `${name}: rate`, value: row.rateRatio, isRate: true },
    ];
  });
}

function formatRatios(
  ratios: readonly Ratio[],
  recorded: Readonly<Record<string, number>>,
): string {
  return formatTable(
    ["ratio to the floor", "now", "recorded", "share"],
    ratios.map(({ name, value }) => [
      name,
      value.toFixed(3),
      (recorded[name] ?? NaN).toFixed(3),
      formatNumber(value / (recorded[name] ?? NaN)),
    ]),
  );
}

function mediansOf(tries: readonly (readonly Ratio[])[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    (tries[0] ?? []).map(({ name }) => {
      const values = tries.flat().filter((ratio) => ratio.name === name);
      return [name, Number(median(values.map(({ value }) => value)).toFixed(3))];
    }),
  );
}
