/** What is reported of accepts. */
import type { AcceptRow } from "../http/accept.ts";
import type { DrawnPlot } from "./sections.ts";
import type { ProfiledPart } from "../http/profile.ts";
import { drawPlot, type Series } from "./svg.ts";
import { formatNumber, formatTable, type SpeedRow } from "./table.ts";

/** The most CPU, in floors, and the least rate, in that of the floor, where requests come together. */
const BAR = { cpuRatio: 3.0, rateRatio: 0.42 } as const;
const BUSY_CONNECTIONS = [32, 128] as const;
/** The most CPU of an accept alone, in microseconds. */
const ALONE_US = 1_200;

/** The table of accepts. */
export function formatAccepts(rows: readonly AcceptRow[]): string {
  const n = formatNumber;
  return formatTable(
    [
      ...["connections", "server", "requests/s", "of the floor's", "CPU µs", "floors"],
      ...["main µs", "database µs", "p50 ms", "p99 ms", "group"],
    ],
    rows.map((row) => [
      String(row.connections),
      row.server,
      n(row.perSecond),
      n(row.rateRatio),
      n(row.cpuUs),
      n(row.cpuRatio),
      n(row.mainUs),
      n(row.databaseUs),
      n(row.p50Ms),
      n(row.p99Ms),
      n(row.group),
    ]),
  );
}

/** The rows of accepts in the table of speeds. */
export function acceptSpeeds(rows: readonly AcceptRow[]): readonly SpeedRow[] {
  const own = rows.filter(({ server }) => server === "Hark");
  const alone = own.find(({ connections }) => connections === 1);
  return [
    ...own.filter(({ connections }) => BUSY_CONNECTIONS.some((busy) => busy === connections)).map(
      ({ connections, cpuRatio, rateRatio, perSecond }) => ({
        what: `accept, ${connections} connections, every feature on`,
        measured:
          `${formatNumber(cpuRatio)} floors of CPU, ${formatNumber(rateRatio)} of its rate ` +
          `(${formatNumber(perSecond)}/s)`,
        bar: `at most ${BAR.cpuRatio} floors and ${BAR.rateRatio}`,
        isMet: cpuRatio <= BAR.cpuRatio && rateRatio >= BAR.rateRatio,
      }),
    ),
    ...(alone === undefined ? [] : [{
      what: "accept alone",
      measured: `${formatNumber(alone.cpuUs / 1000)} ms of CPU, p50 ${
        formatNumber(alone.p50Ms)
      } ms`,
      bar: "1.2 ms",
      isMet: alone.cpuUs <= ALONE_US,
    }]),
  ];
}

/** The plots of accepts: throughput and p99 against connections. */
export function acceptPlots(rows: readonly AcceptRow[]): readonly DrawnPlot[] {
  const seriesOf = (key: "perSecond" | "p99Ms"): readonly Series[] =>
    [...new Set(rows.map(({ server }) => server))].map((name) => ({
      name,
      points: rows.filter(({ server }) => server === name)
        .map((row) => [row.connections, row[key]] as const),
    }));
  return [
    {
      file: "accept_throughput.svg",
      svg: drawPlot({
        title: "Accepts a second",
        xLabel: "connections",
        yLabel: "requests a second",
        series: seriesOf("perSecond"),
      }),
    },
    {
      file: "accept_p99.svg",
      svg: drawPlot({
        title: "99th percentile of an accept's time",
        xLabel: "connections",
        yLabel: "milliseconds",
        series: seriesOf("p99Ms"),
      }),
    },
  ];
}

const PROFILED_PARTS = 20;

/** Where the main thread's time goes. */
export function formatProfile(parts: readonly ProfiledPart[], request: string): string {
  const total = parts.reduce((sum, { us }) => sum + us, 0);
  const rest = parts.slice(PROFILED_PARTS).reduce((sum, { us }) => sum + us, 0);
  const rows = [...parts.slice(0, PROFILED_PARTS), { name: "all others", us: rest }];
  return formatTable(
    ["part", `µs ${request}`, "share"],
    rows.map(({ name, us }) => [name, formatNumber(us), `${(us / total * 100).toFixed(0)} %`]),
  );
}
