/** Alternating rounds of load on several servers. */
import { median } from "../measure.ts";
import { pause } from "../../support/process.ts";
import { commitsBetween, readCommits } from "./commits.ts";
import { load, type LoadOptions } from "./load.ts";
import { cpuBetween, readCpu } from "./process_stats.ts";
import type { Server } from "./servers.ts";

/** A server with the load that it gets. */
export interface Contender {
  readonly name: string;
  readonly server: Server;
  readonly load: Omit<LoadOptions, "url" | "connections" | "until">;
}

/** How a server bore a load: CPU in microseconds a request, the rest as it says. */
export interface Sample {
  readonly cpuUs: number;
  readonly mainUs: number;
  readonly databaseUs: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests a commit. */
  readonly group: number;
}

/** Loads a server once. */
export async function measureRound(
  { server, load: options }: Pick<Contender, "server" | "load">,
  connections: number,
  until: LoadOptions["until"],
): Promise<Sample> {
  const commitsBefore = readCommits(server.database);
  const cpuBefore = readCpu(server.pid);
  const result = await load({ ...options, url: server.url, connections, until });
  const cpu = cpuBetween(cpuBefore, readCpu(server.pid));
  const commits = commitsBetween(commitsBefore, readCommits(server.database));
  const { answered, seconds, p50Ms, p99Ms } = result;
  return {
    cpuUs: cpu.all / answered,
    mainUs: cpu.main / answered,
    databaseUs: cpu.database / answered,
    perSecond: answered / seconds,
    p50Ms,
    p99Ms,
    group: answered / commits,
  };
}

/** The rounds of a measurement. */
export interface Rounds {
  readonly rounds: number;
  readonly roundMs: number;
}

/** Pauses between rounds, so that work after the answers does not count to the next round. */
const PAUSE_MS = 50;

/**
 * Loads the servers in rounds of equal time, in an order that is reversed each time, so that a slow period of the machine
 * affects all of them alike.
 *
 * @returns the samples of each contender, in its order
 */
export async function measureRounds(
  contenders: readonly Contender[],
  connections: number,
  { rounds, roundMs }: Rounds,
): Promise<readonly (readonly Sample[])[]> {
  const samples = contenders.map((): Sample[] => []);
  for (let round = 0; round < rounds; round++) {
    const order = [...contenders.keys()];
    for (const at of round % 2 === 0 ? order : order.toReversed()) {
      const contender = contenders[at];
      if (contender === undefined) continue;
      samples[at]?.push(await measureRound(contender, connections, { ms: roundMs }));
      await pause(PAUSE_MS);
    }
  }
  return samples;
}

/** The median of each figure. */
export function medians(samples: readonly Sample[]): Sample {
  const of = (key: keyof Sample) => median(samples.map((sample) => sample[key]));
  return {
    cpuUs: of("cpuUs"),
    mainUs: of("mainUs"),
    databaseUs: of("databaseUs"),
    perSecond: of("perSecond"),
    p50Ms: of("p50Ms"),
    p99Ms: of("p99Ms"),
    group: of("group"),
  };
}

/** The median over the rounds of a figure of the one, divided by that of the other in the same round. */
export function medianRatio(
  one: readonly Sample[],
  other: readonly Sample[],
  key: keyof Sample,
): number {
  return median(one.map((sample, round) => sample[key] / (other[round]?.[key] ?? NaN)));
}
