/** The tables of pages of a service with many messages. */
import { type PageCosts, PREVIEWED_CHARACTERS, type ServicePages } from "../pages/service_bench.ts";
import { LIST_ROWS, type PageFlow } from "../pages/page_flows.ts";
import { formatNumber as n, formatTable, type SpeedRow } from "./table.ts";

const BARS = {
  pageUs: 30_000,
  growth: 1.5,
  previewUs: 10_000,
  firstViewBytes: 100_000,
  paintMs: 1_000,
  uploadS: 8,
  flowMb: 256,
  meanwhileMs: 1_000,
} as const;
/** How many pages and filters are listed, those with the most CPU first. */
const LISTED = 12;

const ms = (us: number | undefined) => n((us ?? NaN) / 1000);

/** Returns the CPU in the largest service, the most first. */
function slowest(costs: PageCosts) {
  return [...costs].map(([name, some]) => ({ name, some, cpuUs: some.at(-1)?.cpuUs ?? NaN }))
    .toSorted((a, b) => b.cpuUs - a.cpuUs);
}

/** How much more CPU the largest service takes than the smallest. */
function growthOf(some: readonly { readonly cpuUs: number }[]): number {
  return (some.at(-1)?.cpuUs ?? NaN) / (some[0]?.cpuUs ?? NaN);
}

/** A filter of its own or a search, and not several filters at once. */
function isSingle(name: string): boolean {
  return !name.includes("&") || /^from=[^&]*&to=[^&]*$/.test(name);
}

/** The rows of the table of speeds. */
export function servicePageSpeeds(measured: ServicePages): readonly SpeedRow[] {
  const { sizes, pages, filters, previewUs, firstView, firstPaints } = measured;
  const messages = n(sizes.at(-1) ?? NaN);
  const [page] = slowest(pages);
  const [filter] = slowest(filters);
  const grown = [...filters].filter(([name]) => isSingle(name))
    .map(([name, some]) => ({ name, growth: growthOf(some) }))
    .toSorted((a, b) => b.growth - a.growth);
  const [most] = grown;
  const isBelow = (us = NaN) => us <= BARS.pageUs;
  return [
    {
      what: `${pages.size} pages of a service with ${messages} messages and 1,000 templates`,
      measured: `at most ${ms(page?.cpuUs)} ms of CPU (${page?.name})`,
      bar: `${ms(BARS.pageUs)} ms`,
      isMet: isBelow(page?.cpuUs),
    },
    {
      what: `its list of messages by ${filters.size} filters and searches`,
      measured: `at most ${ms(filter?.cpuUs)} ms of CPU (${filter?.name})`,
      bar: `${ms(BARS.pageUs)} ms`,
      isMet: isBelow(filter?.cpuUs),
    },
    ...sizes.length < 2 || most === undefined ? [] : [{
      what: `each search and each filter by itself, against ${n(sizes[0] ?? NaN)} messages`,
      measured: `at most ${n(most.growth)} times (${most.name})`,
      bar: `${BARS.growth} times`,
      isMet: most.growth <= BARS.growth,
    }],
    {
      what: `preview of an e-mail's template of ${n(PREVIEWED_CHARACTERS)} characters`,
      measured: `${ms(previewUs)} ms of CPU`,
      bar: `${ms(BARS.previewUs)} ms`,
      isMet: previewUs <= BARS.previewUs,
    },
    {
      what: "largest first view of these pages, compressed",
      measured: `${n(firstView.bytes / 1000)} kB (${firstView.name})`,
      bar: `${n(BARS.firstViewBytes / 1000)} kB`,
      isMet: firstView.bytes < BARS.firstViewBytes,
    },
    ...flowSpeeds(measured),
    ...firstPaints.length === 0 ? [] : [{
      what: "first contentful paint with the CPU 4 times slower, median of five loads",
      measured: firstPaints.map((paint) => `${paint.name} ${n(paint.ms)} ms`).join(", "),
      bar: `${n(BARS.paintMs)} ms`,
      isMet: firstPaints.every((paint) => paint.ms < BARS.paintMs),
    }],
  ];
}

/** The rows of the uploads and of the download. */
function flowSpeeds(
  { sizes, uploadAfterPages, upload, download }: ServicePages,
): readonly SpeedRow[] {
  const messages = sizes.at(-1) ?? NaN;
  const isSmall = (flow: PageFlow | Error): flow is PageFlow =>
    !(flow instanceof Error) && flow.peakMb < BARS.flowMb && flow.pageMs < BARS.meanwhileMs;
  const bounds = `${BARS.flowMb} MB; ${n(BARS.meanwhileMs)} ms`;
  const uploaded = `${n(LIST_ROWS)} rows uploaded through the page, until their check is shown, by`;
  const uploads = [
    { what: `${uploaded} a process that has just started`, flow: upload },
    { what: `${uploaded} the process that has served the pages above`, flow: uploadAfterPages },
  ];
  return [
    ...uploads.map(({ what, flow }) => ({
      what,
      measured: flowText(flow),
      bar: `${BARS.uploadS} s; ${bounds}`,
      isMet: isSmall(flow) && flow.seconds < BARS.uploadS,
    })),
    {
      what: `download of ${n(messages)} messages as CSV, by a process that has just started`,
      measured: flowText(download),
      bar: `all of them; ${bounds}`,
      isMet: isSmall(download) && download.rows >= messages,
    },
  ];
}

function flowText(flow: PageFlow | Error): string {
  if (flow instanceof Error) return `failed: ${flow.message.split("\n", 1)[0]}`;
  const { rows, seconds, peakMb, pageMs } = flow;
  return `${rows.toLocaleString("en-GB")} rows in ${n(seconds)} s; memory at most ${
    n(peakMb)
  } MB; another page meanwhile at most ${n(pageMs)} ms`;
}

/** The pages and filters that take the most CPU. */
export function formatPages({ sizes, pages, filters }: ServicePages): string {
  const rows = (costs: PageCosts, what: string) =>
    slowest(costs).slice(0, LISTED).map(({ name, some }) => [
      `${what}${name === "" ? "without a filter" : name.replaceAll("&", " & ")}`,
      ...some.map(({ cpuUs }) => ms(cpuUs)),
      ms(some.at(-1)?.databaseUs),
      ...sizes.length < 2 ? [] : [n(growthOf(some))],
    ]);
  return formatTable(
    [
      "page",
      ...sizes.map((size) => `CPU ms at ${n(size)}`),
      "of it database",
      ...sizes.length < 2 ? [] : ["ratio"],
    ],
    [...rows(pages, ""), ...rows(filters, "messages: ")],
  );
}
