/** What is reported of the long bench. */
import type { EnumerationTime } from "../http/enumeration.ts";
import { DUE_EMAILS, type Edge, INBOXES, LIST_ROWS } from "../long/edge.ts";
import { HEAP_ROWS } from "../long/edge_heap.ts";
import type { JobCosts } from "../long/jobs_bench.ts";
import type { Claims, ClaimTimes } from "../long/claims.ts";
import type { Meanwhile } from "../long/retention.ts";
import type { MigrationUnderKills } from "../long/migration.ts";
import { PROCESSES, type RemoteRates } from "../long/remote.ts";
import { type ScaledRead, SIZES } from "../long/scale.ts";
import type { Sustained } from "../long/sustained.ts";
import { CONSUMERS, type Waiting } from "../long/waiting.ts";
import type { DrawnPlot } from "./sections.ts";
import { drawPlot } from "./svg.ts";
import { formatNumber as n, formatTable, type SpeedRow } from "./table.ts";

const EDGE_BARS = {
  cronS: 15,
  cronCalls: 60,
  answeredS: 8,
  inboxesS: 60,
  begunS: 5,
  listS: 180,
  acceptCpuMs: 5,
  heapMb: 100,
} as const;

/** The Worker build over a database that is 30 ms away. */
export function edgeSpeeds(
  { cron, inboxes, list, heap, twice, accepts: { postmark, sandbox } }: Edge,
): readonly SpeedRow[] {
  const { answeredS, inboxesS, begunS, listS } = EDGE_BARS;
  return [
    {
      what: `Worker: ${n(DUE_EMAILS)} due e-mails in one cron, 30 ms and six connections`,
      measured: `${
        n(cron.s)
      } s, ${cron.calls} calls of the database, ${cron.mostOpen} open at most`,
      bar: `${EDGE_BARS.cronS} s, ${EDGE_BARS.cronCalls} calls, 6 open`,
      isMet: cron.s < EDGE_BARS.cronS && cron.calls <= EDGE_BARS.cronCalls && cron.mostOpen <= 6,
    },
    {
      what: `Worker: a message to ${n(INBOXES)} inboxes, with a cron a minute`,
      measured: `answered after ${n(inboxes.answeredS)} s, in all after ${n(inboxes.allS)} s, ` +
        `${inboxes.calls} calls`,
      bar: `${answeredS} s, ${inboxesS} s`,
      isMet: inboxes.answeredS < answeredS && inboxes.allS < inboxesS,
    },
    {
      what: `Worker: a list of ${n(LIST_ROWS)}, with a cron a minute`,
      measured: `begun after ${n(list.begunS)} s, with the provider after ${n(list.allS)} s, ` +
        `${list.calls} calls; ${twice} twice`,
      bar: `${begunS} s, ${listS} s, none twice`,
      isMet: list.begunS < begunS && list.allS < listS && twice === 0,
    },
    {
      what: `Worker: heap during a message to ${n(INBOXES)} inboxes, and an upload of ${
        n(HEAP_ROWS)
      }`,
      measured: `${n(heap.inboxesMb)} and ${n(heap.uploadMb)} MB`,
      bar: `${EDGE_BARS.heapMb} MB`,
      isMet: Math.max(heap.inboxesMb, heap.uploadMb) < EDGE_BARS.heapMb,
    },
    {
      what: "Worker: CPU of workerd for an accept alone, that of an empty request in it",
      measured: `${n(postmark.acceptMs)} ms (${n(postmark.emptyMs)} ms)`,
      bar: `${EDGE_BARS.acceptCpuMs} ms`,
      isMet: postmark.acceptMs < EDGE_BARS.acceptCpuMs,
    },
    {
      what: "Worker: the same with its tail: sent by Postmark, and by the sandbox with its receipt",
      measured: `${n(postmark.sentMs)} and ${n(sandbox.sentMs)} ms`,
      bar: "–",
    },
  ];
}

/** The most that a cost may grow with the rows of the database. */
const SCALE_BAR = 1.5;

/** Reads at each size. */
export function formatScale(reads: readonly ScaledRead[]): string {
  return formatTable(
    ["read", ...SIZES.flatMap((size) => [`CPU µs at ${n(size)}`, "p99 ms"]), "ratio", "bar"],
    reads.map(({ name, samples, cpuRatio }) => [
      name,
      ...samples.flatMap(({ cpuUs, p99Ms }) => [n(cpuUs), n(p99Ms)]),
      n(cpuRatio),
      n(SCALE_BAR),
    ]),
  );
}

/** The cost of reads against the rows of the database. */
export function scalePlots(reads: readonly ScaledRead[]): readonly DrawnPlot[] {
  return [{
    file: "reads_by_rows.svg",
    svg: drawPlot({
      title: "CPU of a read by the notifications stored",
      xLabel: "notifications",
      yLabel: "microseconds",
      series: reads.map(({ name, samples }) => ({
        name,
        points: samples.map(({ cpuUs }, at) => [SIZES[at] ?? NaN, cpuUs] as const),
      })),
    }),
  }];
}

/** The most of a core that the waiting consumers may use. */
const WAITING_BAR = 0.03;

/** Consumers of the feed that wait, without and with their renewed requests. */
export function waitingSpeeds({ waiting, renewing }: Waiting): readonly SpeedRow[] {
  const row = (what: string, share: number): SpeedRow => ({
    what,
    measured: `${n(share * 100)} % of a core`,
    bar: `${WAITING_BAR * 100} %`,
    isMet: share < WAITING_BAR,
  });
  return [
    row(`${n(CONSUMERS)} consumers of the feed, while all wait`, waiting),
    row("the same with the end of each wait after 30 s and the request after it", renewing),
  ];
}

/** The reads' row in the table of speeds. */
export function scaleSpeed(reads: readonly ScaledRead[]): SpeedRow {
  return {
    what: "reads at 1,000,000 rows against 10,000",
    measured: reads.map(({ name, cpuRatio }) => `${name} ${n(cpuRatio)}`).join(", "),
    bar: `${SCALE_BAR} times`,
    isMet: reads.every(({ cpuRatio }) => cpuRatio <= SCALE_BAR),
  };
}

/** Claims with more services, and with more finished rows. */
export function claimSpeeds({ services, finished }: Claims): readonly SpeedRow[] {
  const row = (what: string, { fewMs, manyMs }: ClaimTimes): SpeedRow => ({
    what,
    measured: `${n(manyMs)} ms against ${n(fewMs)} ms: ${n(manyMs / fewMs)} times`,
    bar: `${SCALE_BAR} times`,
    isMet: manyMs / fewMs <= SCALE_BAR,
  });
  return [
    row("claim of 50 with 1,000 services due against 10", services),
    row("claim of 50 with 1,000,000 finished rows against 1,000", finished),
  ];
}

const RETRY_BAR_MS = 2_000;
const ACCEPT_BAR = 2;

/** Retries and accepts while rows are deleted. */
export function retentionSpeed(
  { idle, deleting }: { readonly idle: Meanwhile; readonly deleting: Meanwhile },
): SpeedRow {
  const ratio = deleting.acceptP99Ms / idle.acceptP99Ms;
  return {
    what: "retries' p99 while 1,000,000 rows are deleted (its first minute); accept p99 meanwhile",
    measured: `${n(deleting.retryP99Ms / 1000)} s late (idle ${n(idle.retryP99Ms / 1000)} s, ` +
      `${deleting.retries} retries, ${n(deleting.deleted)} rows deleted); accept ` +
      `${n(deleting.acceptP99Ms)} ms, ${n(ratio)} times idle`,
    bar: "2 s; 2 times idle",
    isMet: deleting.retryP99Ms <= RETRY_BAR_MS && ratio <= ACCEPT_BAR,
  };
}

const JOB_BARS = { ratio: 4, peakMb: 220 } as const;

/** A job of many rows. */
export function jobSpeeds(costs: JobCosts): readonly SpeedRow[] {
  return [
    {
      what: `${n(costs.rows)} rows from upload to accepted, against bare batches; peak memory`,
      measured: `${n(costs.acceptedS)} s, ${n(costs.acceptedS / costs.floorS)} times ` +
        `(validated and kept after ${n(costs.uploadedS)} s); ${n(costs.peakMb)} MB`,
      bar: `${JOB_BARS.ratio} times; ${JOB_BARS.peakMb} MB`,
      isMet: costs.acceptedS / costs.floorS <= JOB_BARS.ratio && costs.peakMb <= JOB_BARS.peakMb,
    },
    {
      what: "single sends beside such a job",
      measured: `p99 ${n(costs.besideP99Ms)} ms (idle ${n(costs.idleP99Ms)} ms); the job is sent ` +
        `after ${n(costs.sentS)} s`,
      bar: "–",
    },
  ];
}

/** Growth over the minutes that counts as flat. */
const FLAT = 1.1;
const SUSTAINED_BAR = { perSecond: 900, cpuUs: 1_000 } as const;

/** Minutes of load. */
export function sustainedSpeed({ perSecond, cpuUs, first, last }: Sustained): SpeedRow {
  const isFlat = last.memoryMb <= first.memoryMb * FLAT && last.walMb <= first.walMb * FLAT &&
    last.outbox <= Math.max(first.outbox * FLAT, SUSTAINED_BAR.perSecond);
  return {
    what: "accept to delivered, sandbox with receipts, five minutes",
    measured: `${n(cpuUs / 1000)} ms of CPU, ${n(perSecond)}/s; first and last minute: memory ` +
      `${n(first.memoryMb)} and ${n(last.memoryMb)} MB, WAL ${n(first.walMb)} and ` +
      `${n(last.walMb)} MB, outbox ${n(first.outbox)} and ${n(last.outbox)} rows`,
    bar: "1.0 ms, 900/s, all flat",
    isMet: perSecond >= SUSTAINED_BAR.perSecond * 0.99 && cpuUs <= SUSTAINED_BAR.cpuUs && isFlat,
  };
}

/** What noise may take from the rate of several processes. */
const TOGETHER_SHARE = 0.95;

/** Several processes on one remote database. */
export function remoteSpeed(rates: RemoteRates): SpeedRow {
  const [alone = NaN, ...together] = rates;
  return {
    what: "two and four processes on one remote server, 32 connections each, accept to delivered",
    measured: PROCESSES.map((count, at) => `${count}: ${n(rates[at] ?? NaN)}/s`).join(", "),
    bar: "not slower together than one",
    isMet: together.every((rate) => rate >= alone * TOGETHER_SHARE),
  };
}

/** The migration of a million messages. */
export function migrationSpeed({ rows, kills, writes, seconds }: MigrationUnderKills): SpeedRow {
  return {
    what: `migration of ${n(rows)} messages of schema 5 while the version before writes`,
    measured: `${n(seconds)} s with ${kills} kills and ${writes} writes beside it; lost 0`,
    bar: "nothing lost",
    isMet: true,
  };
}

/** The most standard errors that the medians of two answers may be apart, so that their time does not tell them apart. */
const MAX_STANDARD_ERRORS = 3;
const FORM_NAMES = {
  "sign in": "signing in with a wrong password",
  register: "registering",
  forgotten: "asking for a new password",
} as const;

/** How far apart the answers to addresses with and without an account are. */
export function enumerationSpeeds(times: readonly EnumerationTime[]): readonly SpeedRow[] {
  return times.map(({ form, pairs, medians: [known, unknown], difference, standardError }) => ({
    what: `${FORM_NAMES[form]}: an address with an account against one without, ${pairs} pairs`,
    measured:
      `medians ${n(known)} and ${n(unknown)} ms: ${n(difference)} ms apart, standard error ` +
      `${n(standardError)} ms`,
    bar: `${MAX_STANDARD_ERRORS} standard errors`,
    isMet: Math.abs(difference) < MAX_STANDARD_ERRORS * standardError,
  }));
}
