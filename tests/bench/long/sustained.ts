/** Minutes of load at one rate: memory, the WAL and the outbox must not grow. */
import { DatabaseSync } from "node:sqlite";
import { pause } from "../../support/process.ts";
import { load } from "../http/load.ts";
import { median } from "../measure.ts";
import { cpuBetween, readCpu, readMemory } from "../http/process_stats.ts";
import { createSenders, sendRequests } from "../http/senders.ts";
import { startHark } from "../http/servers.ts";

const RATE = 900;
const CONNECTIONS = 32;
const LASTS_MS = 300_000;
const SAMPLE_EVERY_MS = 5_000;
const WARM_UP_MS = 30_000;

/** What a server holds. */
interface Held {
  readonly memoryMb: number;
  readonly walMb: number;
  readonly outbox: number;
}

/** What a server held in the first and in the last minute, and what a message cost. */
export interface Sustained {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly first: Held;
  readonly last: Held;
}

/** Sends text messages by the sandbox at 900 a second, for five minutes. */
export async function measureSustained(): Promise<Sustained> {
  await using hark = await startHark();
  const request = sendRequests(await createSenders(hark.url));
  using db = new DatabaseSync(hark.database, { readOnly: true });
  const outbox = db.prepare("SELECT count(*) AS n FROM outbox");
  const look = (): Held => ({
    memoryMb: readMemory(hark.pid).nowMb,
    walMb: Deno.statSync(`${hark.database}-wal`).size / 1e6,
    outbox: Number(outbox.get()?.n),
  });
  const held: Held[] = [];
  let isOver = false;
  async function sample(): Promise<void> {
    await pause(WARM_UP_MS);
    while (!isOver) {
      held.push(look());
      await pause(SAMPLE_EVERY_MS);
    }
  }
  const sampling = sample();
  const cpuBefore = readCpu(hark.pid);
  const result = await load({
    url: hark.url,
    connections: CONNECTIONS,
    until: { ms: LASTS_MS },
    perSecond: RATE,
    status: 201,
    request,
  });
  isOver = true;
  const cpu = cpuBetween(cpuBefore, readCpu(hark.pid));
  await sampling;
  const samplesOfMinute = 60_000 / SAMPLE_EVERY_MS;
  return {
    perSecond: result.answered / result.seconds,
    cpuUs: cpu.all / result.answered,
    first: mediansOf(held.slice(0, samplesOfMinute)),
    last: mediansOf(held.slice(-samplesOfMinute)),
  };
}

function mediansOf(samples: readonly Held[]): Held {
  const of = (key: keyof Held) => median(samples.map((sample) => sample[key]));
  return { memoryMb: of("memoryMb"), walMb: of("walMb"), outbox: of("outbox") };
}
