/** Callbacks of a running server to a consumer in a process of its own. */
import { manage, reachAt } from "../../conformance/services.ts";
import { makeFolder, waitFor } from "../../support/process.ts";
import { median } from "../measure.ts";
import type { CallbackCounts } from "./callback_server.ts";
import { load } from "./load.ts";
import { cpuBetween, readCpu } from "./process_stats.ts";
import { createSenders, type Sender, sendRequests } from "./senders.ts";
import { type Server, startHark, startProgram, waitUntilIdle } from "./servers.ts";

/** Callbacks of a round: seven seconds at the bar. */
const CALLBACKS = 2_000;
const ROUNDS = 3;
/** Callbacks of the other service, whose consumer is slow: more than may be in flight. */
const SLOW_CALLBACKS = 200;
const CONNECTIONS = 32;
const POLL_MS = 20;

/** What callbacks cost, and how many were sent a second: medians of the rounds. */
export interface Callbacks {
  readonly perSecond: number;
  /** CPU of all threads of Hark, in microseconds a callback. */
  readonly cpuUs: number;
  /** Callbacks a second while the consumer of another service answers late. */
  readonly besideSlow: number;
}

interface Consumer extends AsyncDisposable {
  readonly url: string;
  counts(): Promise<CallbackCounts>;
}

interface Replay {
  readonly perSecond: number;
  readonly cpuUs: number;
}

async function startConsumer(): Promise<Consumer> {
  const folder = await makeFolder();
  const program = new URL("./callback_server.ts", import.meta.url).pathname;
  const started = await startProgram(["-A", "--quiet", program], folder, {});
  return {
    url: started.url,
    counts: async () => await (await fetch(`${started.url}/counts`)).json(),
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Measures replays of callbacks, alone and beside a slow consumer. */
export async function measureCallbacks(): Promise<Callbacks> {
  await using consumer = await startConsumer();
  const environment = { CALLBACK_ALLOW: new URL(consumer.url).host };
  await using hark = await startHark({ environment });
  const [fast, slow] = await createSenders(hark.url, 2);
  if (fast === undefined || slow === undefined) throw new Error("no services");
  await setCallback(hark, fast, `${consumer.url}/fast`);
  await sendTexts(hark, fast, CALLBACKS);
  const until = (path: keyof CallbackCounts, count: number) =>
    waitFor(`${count} callbacks`, async () => (await consumer.counts())[path] >= count, {
      everyMs: POLL_MS,
    });
  await until("fast", CALLBACKS);

  let sent = CALLBACKS;
  async function measureRounds(sender: Sender): Promise<readonly Replay[]> {
    const rounds: Replay[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await waitUntilIdle(hark);
      sent += CALLBACKS;
      rounds.push(await measureReplay(hark, sender, () => until("fast", sent)));
    }
    return rounds;
  }
  const alone = await measureRounds(fast);
  await setCallback(hark, slow, `${consumer.url}/slow`);
  await sendTexts(hark, slow, SLOW_CALLBACKS);
  await until("slow", 1);
  const beside = await measureRounds(fast);
  if ((await consumer.counts()).slow === SLOW_CALLBACKS) throw new Error("none is slow any more");
  return {
    perSecond: median(alone.map(({ perSecond }) => perSecond)),
    cpuUs: median(alone.map(({ cpuUs }) => cpuUs)),
    besideSlow: median(beside.map(({ perSecond }) => perSecond)),
  };
}

async function setCallback({ url }: Server, sender: Sender, endpoint: string): Promise<void> {
  const path = `/manage/services/${sender.serviceId}/callbacks/delivery`;
  const body = { url: endpoint, bearer_token: "bench-bearer-token" };
  const set = await manage(reachAt(() => url), "PUT", path, body);
  if (set.status !== 200) throw new Error(JSON.stringify(set.body));
}

async function sendTexts({ url }: Server, sender: Sender, requests: number): Promise<void> {
  const request = sendRequests([sender]);
  await load({ url, connections: CONNECTIONS, until: { requests }, status: 201, request });
}

/** Sends every callback of a service again, and measures until the last has come. */
async function measureReplay(
  hark: Server,
  sender: Sender,
  untilCame: () => Promise<unknown>,
): Promise<Replay> {
  const path = `/manage/services/${sender.serviceId}/callbacks/delivery/replay`;
  const cpuBefore = readCpu(hark.pid);
  const startedAt = performance.now();
  const range = { from: 1, to: CALLBACKS };
  const replay = await manage(reachAt(() => hark.url), "POST", path, range);
  if (replay.status !== 202) throw new Error(JSON.stringify(replay.body));
  await untilCame();
  const seconds = (performance.now() - startedAt) / 1000;
  const { all } = cpuBetween(cpuBefore, readCpu(hark.pid));
  return { perSecond: CALLBACKS / seconds, cpuUs: all / CALLBACKS };
}
