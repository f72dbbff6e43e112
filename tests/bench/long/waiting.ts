/** Consumers of the feed that wait for events while none come. */
import { pause } from "../../support/process.ts";
import { load, requestBytes } from "../http/load.ts";
import { cpuBetween, readCpu } from "../http/process_stats.ts";
import { createSenders, freshHeaders } from "../http/senders.ts";
import { type Server, startHark } from "../http/servers.ts";

/** Consumers that wait. */
export const CONSUMERS = 1_000;
/** A key may have 250 requests that wait. */
const SERVICES = 5;
/** Room for all of them, and for the connections that are kept free of requests that wait. */
const MAX_CONNECTIONS = String(2 * CONSUMERS);
/** The longest wait that the feed takes, in seconds: a consumer asks again after it. */
const WAIT_S = 30;
/** Requests that do not wait, before the measurement: consumers renew their requests for days. */
const WARM_UP = { connections: 32, until: { ms: 3_000 } } as const;
/** The requests of the consumers begin within this time. */
const BEGIN_MS = 5_000;
/** How long after that all of them surely wait, and for how long they do. */
const SETTLING_MS = 1_000;
const WAITING_MS = 20_000;

/** The share of a core that Hark uses for {@link CONSUMERS} consumers. */
export interface Waiting {
  /** While all of them wait. */
  readonly waiting: number;
  /** Over the time of one wait, with the end of each wait and the request that follows it. */
  readonly renewing: number;
}

/** Measures consumers that get no event. @throws when one of them is not answered as it should be */
export async function measureWaiting(): Promise<Waiting> {
  await using hark = await startHark({ environment: { MAX_CONNECTIONS } });
  const senders = await createSenders(hark.url, SERVICES);
  let warmed = 0;
  const request = () => {
    const { key = "" } = senders[warmed++ % SERVICES] ?? {};
    return requestBytes("GET", "/v2/events?after=0", freshHeaders(key));
  };
  await load({ ...WARM_UP, url: hark.url, status: 200, request });
  const stopping = new AbortController();
  const failures: unknown[] = [];
  async function consume(at: number): Promise<void> {
    const { key = "" } = senders[at % SERVICES] ?? {};
    await pause(BEGIN_MS * at / CONSUMERS);
    while (!stopping.signal.aborted) {
      const answer = await fetch(`${hark.url}/v2/events?after=0&wait=${WAIT_S}`, {
        headers: freshHeaders(key),
        signal: stopping.signal,
      });
      const { events } = await answer.json();
      if (events?.length !== 0) throw new Error(`a consumer got ${answer.status}`);
    }
  }
  const consumers = Array.from({ length: CONSUMERS }, (_, at) =>
    consume(at).catch((error) => {
      if (!stopping.signal.aborted) failures.push(error);
    }));
  await pause(BEGIN_MS + SETTLING_MS);
  const waiting = await shareOfCore(hark, WAITING_MS);
  const renewing = await shareOfCore(hark, WAIT_S * 1_000);
  stopping.abort();
  await Promise.all(consumers);
  if (failures.length > 0) throw failures[0];
  return { waiting, renewing };
}

async function shareOfCore({ pid }: Server, ms: number): Promise<number> {
  const before = readCpu(pid);
  await pause(ms);
  return cpuBetween(before, readCpu(pid)).all / 1000 / ms;
}
