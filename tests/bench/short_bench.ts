/** What CI runs: accepts beside the floor, compared with recorded ratios. */
import process from "node:process";
import { z } from "zod";
import {
  type AcceptContenders,
  type AcceptRow,
  measureAccepts,
  startAcceptContenders,
} from "./http/accept.ts";
import { readCpu, readMachineCpu } from "./http/process_stats.ts";
import { formatNumber, formatTable } from "./report/table.ts";

const CONNECTIONS = [8, 32] as const;
const ROUNDS = { rounds: 3, roundMs: 700 } as const;
const TRIES = 3;
/** A ratio under this share of the recorded one is too low. */
const LEAST_SHARE = 0.8;
/**
 * A try proves nothing when other programs used more of the machine: an accept of Hark needs two cores at once (the main
 * thread and the database's), one of the floor needs one.
 */
const MAX_OTHERS_SHARE = 0.15;

const RECORD = new URL("./ratios.json", import.meta.url);
const recordSchema = z.record(z.string(), z.number());

/** Ratios of Hark to the floor by their names; higher is faster. */
type Ratios = Readonly<Record<string, number>>;

interface Try {
  readonly ratios: Ratios;
  /** The share of the machine that other programs used. */
  readonly othersShare: number;
}

/** Measures the ratios and writes them down as the recorded ones. */
export async function recordRatios(): Promise<void> {
  await using servers = await startAcceptContenders();
  const tries: Ratios[] = [];
  for (let n = 0; n < TRIES; n++) {
    const { ratios, othersShare } = await tryRatios(servers);
    console.log(`\nOther programs used ${percent(othersShare)} of the machine\n`);
    console.log(formatRatios(ratios, {}));
    tries.push(ratios);
  }
  // The least, since tries on a quiet machine differ by a fifth.
  const least = Object.keys(tries[0] ?? {}).map((name) => {
    const value = Math.min(...tries.map((ratios) => ratios[name] ?? NaN));
    return [name, Number(value.toFixed(3))];
  });
  await Deno.writeTextFile(RECORD, `${JSON.stringify(Object.fromEntries(least), null, 2)}\n`);
}

/** Measures the ratios up to three times. @returns whether no ratio is too low in each try, on a machine that is not busy */
export async function checkRatios(): Promise<boolean> {
  const recorded = recordSchema.parse(JSON.parse(await Deno.readTextFile(RECORD)));
  await using servers = await startAcceptContenders();
  const tries: Try[] = [];
  for (let n = 0; n < TRIES; n++) {
    const result = await tryRatios(servers);
    tries.push(result);
    console.log(`\n${formatRatios(result.ratios, recorded)}`);
    if (lowRatios([result], recorded).length === 0) return true;
    const isBusy = result.othersShare > MAX_OTHERS_SHARE;
    console.log(
      `warning: too low: ${lowRatios([result], recorded).join(", ")}` +
        (isBusy ? `; other programs used ${percent(result.othersShare)} of the machine` : ""),
    );
  }
  const failed = lowRatios(tries, recorded);
  const wasBusy = tries.some(({ othersShare }) => othersShare > MAX_OTHERS_SHARE);
  if (failed.length === 0 || wasBusy) return true;
  console.error(
    `under ${LEAST_SHARE} of the recorded ratio in each of ${TRIES} tries: ${failed.join(", ")}`,
  );
  return false;
}

/** The names of the ratios that are too low in each of the tries. */
export function lowRatios(
  tries: readonly Pick<Try, "ratios">[],
  recorded: Ratios,
): readonly string[] {
  return Object.entries(recorded).filter(([name, value]) =>
    tries.every(({ ratios }) => !((ratios[name] ?? NaN) >= value * LEAST_SHARE))
  ).map(([name]) => name);
}

async function tryRatios(servers: AcceptContenders): Promise<Try> {
  const before = [readMachineCpu(), ownCpu(servers), performance.now()] as const;
  const ratios = toRatios(await measureAccepts(servers, ROUNDS, CONNECTIONS));
  const othersUs = readMachineCpu() - before[0] - (ownCpu(servers) - before[1]);
  const machineUs = (performance.now() - before[2]) * 1000 * navigator.hardwareConcurrency;
  return { ratios, othersShare: Math.max(0, othersUs / machineUs) };
}

/** The CPU time of this process and of the servers, in microseconds. */
function ownCpu({ contenders }: AcceptContenders): number {
  const { user, system } = process.cpuUsage();
  return contenders.reduce((sum, { server }) => sum + readCpu(server.pid).all, user + system);
}

function toRatios(rows: readonly AcceptRow[]): Ratios {
  const own = rows.filter(({ server }) => server === "Hark");
  return Object.fromEntries(own.flatMap((row) => [
    [`accept, ${row.connections} connections: CPU`, 1 / row.cpuRatio],
    [`accept, ${row.connections} connections: rate`, row.rateRatio],
  ]));
}

function formatRatios(ratios: Ratios, recorded: Ratios): string {
  return formatTable(
    ["ratio to the floor", "now", "recorded", "share"],
    Object.entries(ratios).map(([name, value]) => {
      const earlier = recorded[name] ?? NaN;
      return [name, formatNumber(value), formatNumber(earlier), formatNumber(value / earlier)];
    }),
  );
}

const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
