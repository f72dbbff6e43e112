/** The crash ledger: what became of every message that was answered with 201, by scenario. */
import { formatTable } from "../bench/report/table.ts";
import { describeHardware } from "../bench/report/machine.ts";
import type { RunResult, Scenario } from "./scenario.ts";
import { addTallies, findBreaches } from "./tally.ts";

/** A run of a scenario. */
export interface LedgerRun {
  readonly scenario: Scenario;
  readonly seed: number;
  /** The result, or the message of the error with which the run ended. */
  readonly result: RunResult | { readonly error: string };
}

/** How the runs were made. */
export interface LedgerOptions {
  readonly short: boolean;
  /** The date of the runs, such as `2026-11-29`. */
  readonly date: string;
}

const PAGE = new URL("../../docs/crash_ledger.md", import.meta.url);

/** Why a run fails, a sentence each; empty when it does not. */
export function problemsOf({ result }: LedgerRun): readonly string[] {
  return "error" in result ? [result.error] : findBreaches(result.tally);
}

/** The rows of the table, one for each scenario, with the sums of its runs. */
function toRows(runs: readonly LedgerRun[], { short }: LedgerOptions) {
  return Array.from(Map.groupBy(runs, ({ scenario }) => scenario), ([scenario, own]) => {
    const results = own.flatMap(({ result }) => "error" in result ? [] : [result]);
    const tally = addTallies(results.map(({ tally }) => tally));
    const problems = own.flatMap(problemsOf);
    const command = `deno task chaos${short ? " --short" : ""} --scenario ${scenario.name}`;
    return [
      scenario.title,
      own.map(({ seed }) => seed).join(", "),
      ...[tally.accepted, tally.delivered, tally.lost, tally.neverSent].map(String),
      ...[tally.duplicated, tally.explained].map(String),
      problems.length > 0 ? `FAILED: ${problems.join("; ")}` : results[0]?.note ?? "",
      `\`${command} --seed ${own[0]?.seed}\``,
    ];
  });
}

const HEADINGS = [
  ...["scenario", "seed", "accepted", "delivered", "lost", "never sent"],
  ...["duplicated", "explained", "what happened", "repeat it"],
];

/** The table of the ledger. */
export function formatLedger(runs: readonly LedgerRun[], options: LedgerOptions): string {
  return formatTable(HEADINGS, toRows(runs, options));
}

/** Writes the table into the page, between its markers, formatted as `deno fmt` wants it. */
export async function writeLedger(
  runs: readonly LedgerRun[],
  options: LedgerOptions,
): Promise<void> {
  const page = await Deno.readTextFile(PAGE);
  const [begin, end] = ["<!-- ledger -->", "<!-- /ledger -->"];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to === -1) throw new Error("the page has no markers");
  const text = `Run on ${options.date}: ${describeHardware()}.\n\n${formatLedger(runs, options)}`;
  await Deno.writeTextFile(
    PAGE,
    `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`,
  );
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", PAGE.pathname],
  }).output();
  if (!success) throw new Error("deno fmt failed on the ledger");
}
