/** What needs a million rows or minutes of load. */
import { measureEnumeration } from "./http/enumeration.ts";
import { measureEdge } from "./long/edge.ts";
import { runJobsBench } from "./long/jobs_bench.ts";
import { measureClaims } from "./long/claims.ts";
import { measureMigration } from "./long/migration.ts";
import { measureRemote } from "./long/remote.ts";
import { measureRetention } from "./long/retention.ts";
import { measureScale } from "./long/scale.ts";
import { measureWaiting } from "./long/waiting.ts";
import { measureSustained } from "./long/sustained.ts";
import { FEW_MESSAGES, MANY_MESSAGES, measureServicePages } from "./pages/service_bench.ts";
import {
  claimSpeeds,
  edgeSpeeds,
  enumerationSpeeds,
  formatScale,
  jobSpeeds,
  migrationSpeed,
  remoteSpeed,
  retentionSpeed,
  scalePlots,
  scaleSpeed,
  sustainedSpeed,
  waitingSpeeds,
} from "./report/long_report.ts";
import { describeMachine } from "./report/machine.ts";
import { formatPages, servicePageSpeeds } from "./report/page_report.ts";
import type { DrawnPlot, Report, Section } from "./report/sections.ts";
import { formatSpeeds, measureSpeeds, type SpeedRow } from "./report/table.ts";

/** What a part adds to the report beside its rows of the table of speeds. */
interface Beside {
  readonly sections: Section[];
  readonly plots: DrawnPlot[];
}

type Part = (beside: Beside) => Promise<readonly SpeedRow[]>;

/** The part that has tables of its own, which it writes without the other parts. */
const PAGES = "pages";

/** The parts in their order. Those that fill a database take minutes. */
const PARTS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ["load", () =>
    measureSpeeds(
      "five minutes of load",
      measureSustained,
      (sustained) => [sustainedSpeed(sustained)],
    )],
  ["reads", (beside) =>
    measureSpeeds("reads by rows", measureScale, (scaled) => {
      const table = formatScale(scaled);
      console.log(`\n${table}`);
      beside.sections.push({ name: "scale", text: table });
      beside.plots.push(...scalePlots(scaled));
      return [scaleSpeed(scaled)];
    })],
  [PAGES, measurePages],
  ["claims", () => measureSpeeds("claims", measureClaims, claimSpeeds)],
  ["retention", () =>
    measureSpeeds(
      "retries and accepts beside retention",
      measureRetention,
      (meanwhile) => [retentionSpeed(meanwhile)],
    )],
  ["waiting", () => measureSpeeds("consumers that wait", measureWaiting, waitingSpeeds)],
  ["accounts", () =>
    measureSpeeds(
      "answers to addresses with and without an account",
      measureEnumeration,
      enumerationSpeeds,
    )],
  ["job", () => measureSpeeds("a large job", runJobsBench, jobSpeeds)],
  ["remote", () =>
    measureSpeeds(
      "several processes on one remote server",
      measureRemote,
      (rates) => [remoteSpeed(rates)],
    )],
  ["worker", () => measureSpeeds("the Worker, 30 ms and six connections", measureEdge, edgeSpeeds)],
  ["migration", () =>
    measureSpeeds(
      "a migration under SIGKILL",
      measureMigration,
      (migrated) => [migrationSpeed(migrated)],
    )],
]);

/** The rows of the pages stand in tables of their own. @returns no rows */
async function measurePages({ sections }: Beside): Promise<readonly SpeedRow[]> {
  const machine = describeMachine();
  const speeds = await measureSpeeds(
    "pages by messages",
    () => measureServicePages([FEW_MESSAGES, MANY_MESSAGES]),
    (measured) => {
      const table = formatPages(measured);
      console.log(`\n${table}`);
      sections.push({ name: "pages", text: table });
      return servicePageSpeeds(measured);
    },
  );
  sections.push({ name: "page-machine", text: machine });
  sections.push({ name: "page-speeds", text: formatSpeeds(speeds) });
  return [];
}

/** Checks which parts are asked for. @returns why they cannot be measured; `undefined` when they can */
export function checkParts(
  { long, part, write }: {
    readonly long: boolean;
    readonly part: readonly string[];
    readonly write: boolean;
  },
): string | undefined {
  if (part.length === 0) return undefined;
  if (!long) return "--part is for --long";
  const unknown = part.find((name) => !PARTS.has(name));
  if (unknown !== undefined) return `no part ${unknown}; there are ${[...PARTS.keys()].join(", ")}`;
  return write && part.some((name) => name !== PAGES)
    ? `--write with --part is for --part=${PAGES}: the others share a table`
    : undefined;
}

/** Measures and prints. @param parts some of the parts; none for all */
export async function benchLong(parts: readonly string[] = []): Promise<Report> {
  const machine = describeMachine();
  console.log(machine);
  const beside: Beside = { sections: [], plots: [] };
  const speeds: SpeedRow[] = [];
  for (const [name, measure] of PARTS) {
    if (parts.length > 0 && !parts.includes(name)) continue;
    const startedAt = performance.now();
    speeds.push(...await measure(beside));
    console.log(`\n${name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  }
  const shared = parts.length > 0 ? [] : [
    { name: "long-machine", text: machine },
    { name: "long-speeds", text: formatSpeeds(speeds) },
  ];
  return { sections: [...shared, ...beside.sections], plots: beside.plots };
}
