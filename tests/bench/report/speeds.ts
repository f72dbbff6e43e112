/** The rows of the table of speeds, each with its bar. */
import type { AcceptRow } from "../http/accept.ts";
import type { Callbacks } from "../http/callbacks.ts";
import type { Delivery } from "../http/delivery.ts";
import type { Pages } from "../http/pages.ts";
import type { Reads } from "../http/reads.ts";
import type { Idle } from "../http/start.ts";
import type { RowsPerMessage } from "../rows/rows_bench.ts";
import { formatNumber as n, type SpeedRow } from "./table.ts";

/** How many times as fast as the other version accepts are on a slow disk. */
const SLOW_FSYNC_GAIN = 10;

/** Accepts on a slower disk. */
export function slowFsyncSpeed(rows: readonly AcceptRow[] | undefined): SpeedRow {
  const what = "accept with an fsync 5 ms slower, 32 connections";
  const bar = `${SLOW_FSYNC_GAIN} times the rate before natural batching (\`--against\`)`;
  const [floor, hark, other] = rows ?? [];
  if (floor === undefined || hark === undefined) {
    return { what, measured: "not measured: there is no C compiler (`cc`)", bar };
  }
  const gain = other === undefined ? undefined : hark.perSecond / other.perSecond;
  return {
    what,
    measured: `${n(hark.perSecond)}/s in groups of ${n(hark.group)}, ${n(hark.rateRatio)} of the ` +
      `floor's rate` + (other === undefined || gain === undefined ? "" : `; ${n(gain)} times the ` +
        `other version's ${n(other.perSecond)}/s`),
    bar,
    isMet: gain === undefined ? undefined : gain >= SLOW_FSYNC_GAIN,
  };
}

const READ_BARS_US = { one: 350, list: 7_000 } as const;

/** Reads of a service with few notifications. */
export function readSpeeds({ one, list }: Reads): readonly SpeedRow[] {
  return [
    {
      what: "GET one, 8 connections",
      measured: `${n(one.cpuUs / 1000)} ms of CPU, ${n(one.perSecond)}/s, p99 ${n(one.p99Ms)} ms`,
      bar: "0.35 ms",
      isMet: one.cpuUs <= READ_BARS_US.one,
    },
    {
      what: "GET a list of 250, 2 connections",
      measured: `${n(list.cpuUs / 1000)} ms of CPU, ${n(list.perSecond)}/s, p99 ${
        n(list.p99Ms)
      } ms`,
      bar: "7 ms",
      isMet: list.cpuUs <= READ_BARS_US.list,
    },
  ];
}

const PAGE_BAR_US = 10_000;

/** Pages of the web application. */
export function pageSpeeds({ signIn, keys }: Pages): readonly SpeedRow[] {
  return ([
    ["page: GET /sign-in", signIn],
    ["page: GET /services/:id/keys, signed in", keys],
  ] as const).map(([what, { cpuUs, perSecond, p99Ms }]) => ({
    what: `${what}, 8 connections`,
    measured: `${n(cpuUs / 1000)} ms of CPU, ${n(perSecond)}/s, p99 ${n(p99Ms)} ms`,
    bar: `${n(PAGE_BAR_US / 1000)} ms`,
    isMet: cpuUs <= PAGE_BAR_US,
  }));
}

const DELIVERY_BARS = {
  sandbox: { cpuUs: 1_000, perSecond: 900, note: ", in all threads of Hark" },
  twilio: { cpuUs: 1_800, perSecond: 500, note: "" },
  emails: { cpuUs: 600, perSecond: 1_700, note: "" },
} as const;

/** A message from its accept until it is delivered, or e-mails that wait until they are sent. */
export function deliverySpeed(kind: keyof typeof DELIVERY_BARS, delivery: Delivery): SpeedRow {
  const { cpuUs, perSecond, note } = DELIVERY_BARS[kind];
  const what = {
    sandbox: "accept to delivered, sandbox with receipts, 32 connections",
    twilio: "accept to delivered, Twilio's stand-in over HTTP with signed receipts, single sends",
    emails: "e-mails that wait, in batches to Postmark's stand-in",
  }[kind];
  return {
    what,
    measured:
      `${n(delivery.cpuUs / 1000)} ms of CPU (main ${n(delivery.mainUs / 1000)}, database ` +
      `${n(delivery.databaseUs / 1000)}), ${n(delivery.perSecond)}/s, ` +
      `${n(delivery.commitsPerMessage)} commits a message`,
    bar: `${n(cpuUs / 1000)} ms${note}, ${n(perSecond)}/s`,
    isMet: delivery.cpuUs <= cpuUs && delivery.perSecond >= perSecond,
  };
}

const CALLBACK_BARS = { perSecond: 300, cpuUs: 500 } as const;

/** Callbacks of one service, alone and beside a consumer of another service that answers late. */
export function callbackSpeeds(
  { perSecond, cpuUs, besideSlow }: Callbacks,
): readonly SpeedRow[] {
  return [
    {
      what: "callbacks to a consumer on this machine",
      measured: `${n(perSecond)}/s, ${n(cpuUs / 1000)} ms of CPU each`,
      bar: `${CALLBACK_BARS.perSecond}/s, ${n(CALLBACK_BARS.cpuUs / 1000)} ms`,
      isMet: perSecond >= CALLBACK_BARS.perSecond && cpuUs <= CALLBACK_BARS.cpuUs,
    },
    {
      what: "the same while another service's consumer answers 8 s late",
      measured: `${n(besideSlow)}/s, ${n(besideSlow / perSecond)} of the rate alone`,
      bar: `${CALLBACK_BARS.perSecond}/s`,
      isMet: besideSlow >= CALLBACK_BARS.perSecond,
    },
  ];
}

const IDLE_BARS = { startMs: 450, rssMb: 110, cpuShare: 0.003 } as const;

/** The start, and an idle server. */
export function idleSpeeds(idle: Idle): readonly SpeedRow[] {
  return [
    {
      what: "start to the first 200",
      measured: `${n(idle.startMs)} ms (with the launcher ${n(idle.launcherMs)} ms)`,
      bar: `${IDLE_BARS.startMs} ms`,
      isMet: idle.startMs <= IDLE_BARS.startMs,
    },
    {
      what: "resident memory, idle",
      measured: `${n(idle.rssMb)} MB`,
      bar: `${IDLE_BARS.rssMb} MB`,
      isMet: idle.rssMb < IDLE_BARS.rssMb,
    },
    {
      what: "CPU, idle",
      measured: `${n(idle.cpuShare * 100)} % of a core`,
      bar: `${IDLE_BARS.cpuShare * 100} %`,
      isMet: idle.cpuShare <= IDLE_BARS.cpuShare,
    },
  ];
}

const ROW_BARS = {
  single: { read: 40, written: 18 },
  batch: { read: 25, written: 14 },
} as const;

/** Rows of the database a message. The bars are those without a receipt. */
export function rowSpeeds({ sent, withReceipt }: RowsPerMessage): readonly SpeedRow[] {
  return (["single", "batch"] as const).map((kind) => {
    const [counted, all, bar] = [sent[kind], withReceipt[kind], ROW_BARS[kind]];
    return {
      what: `database rows of a text ${kind === "single" ? "sent singly" : "of a batch of 500"}, ` +
        "accept to sent",
      measured: `${n(counted.written)} written, ${n(counted.read)} read (with its receipt ` +
        `${n(all.written)} and ${n(all.read)})`,
      bar: `${bar.written} written, ${bar.read} read`,
      isMet: counted.written <= bar.written && counted.read <= bar.read,
    };
  });
}
