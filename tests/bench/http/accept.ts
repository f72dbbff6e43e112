/** The accept of a text message over HTTP, beside the floor. */
import { DatabaseSync } from "node:sqlite";
import { DAY_MS } from "../../../domain/time/durations.ts";
import {
  type Contender,
  measureRounds,
  medianRatio,
  medians,
  type Rounds,
  type Sample,
} from "./rounds.ts";
import { everyFeature } from "./environments.ts";
import { load } from "./load.ts";
import { readV8Flags } from "./process_stats.ts";
import { startProviders } from "./providers.ts";
import { createSenders, type Sender, sendRequests } from "./senders.ts";
import { type Server, startFloor, startHark } from "./servers.ts";

/** Connections of a load. */
export const CONNECTIONS = [1, 8, 32, 128] as const;
const WARM_UP = { connections: 32, until: { ms: 1_500 } } as const;

/** The medians of a server at a number of connections. */
export interface AcceptRow extends Sample {
  readonly connections: number;
  readonly server: string;
  /** To the floor, of the same rounds. */
  readonly cpuRatio: number;
  readonly rateRatio: number;
}

/** Servers that accept the same requests: the floor first, then Hark, then other versions of Hark. */
export interface AcceptContenders extends AsyncDisposable {
  readonly contenders: readonly Contender[];
  /** This version of Hark. */
  readonly hark: Server;
  readonly senders: readonly Sender[];
}

/** Further settings of {@link startAcceptContenders}. */
export interface AcceptOptions {
  /** The folder of another version's checkout, to measure beside this one. */
  readonly against?: string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts and warms up the floor, Hark, and the other version if there is one. */
export async function startAcceptContenders(
  { against, environment = {} }: AcceptOptions = {},
): Promise<AcceptContenders> {
  await using starting = new AsyncDisposableStack();
  const providers = starting.use(await startProviders());
  const variables = { ...await everyFeature(providers.url), ...environment };
  const hark = starting.use(await startHark({ environment: variables }));
  const senders = await createSenders(hark.url);
  const contenders = [toContender("Hark", hark, senders)];
  await warmUp(contenders);
  const floor = starting.use(
    await startFloor({
      key: senders[0]?.key ?? "",
      rowBytes: readRowBytes(hark.database),
      v8Flags: readV8Flags(hark.pid),
      environment,
    }),
  );
  contenders.unshift(toContender("floor", floor, senders.slice(0, 1)));
  if (against !== undefined) {
    const other = starting.use(await startHark({ checkout: against, environment: variables }));
    contenders.push(toContender("other version", other, await createSenders(other.url)));
  }
  await warmUp(contenders.filter(({ name }) => name !== "Hark"));
  const stack = starting.move();
  return { contenders, hark, senders, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Messages for tomorrow, so that nothing but the accept is measured. */
function toContender(name: string, server: Server, senders: readonly Sender[]): Contender {
  const scheduledFor = new Date(Date.now() + DAY_MS);
  return { name, server, load: { request: sendRequests(senders, { scheduledFor }), status: 201 } };
}

async function warmUp(contenders: readonly Contender[]): Promise<void> {
  for (const { server, load: options } of contenders) {
    await load({ ...options, ...WARM_UP, url: server.url });
  }
}

/** The approximate size of a notification in the database. The floor stores a value of the same size. */
function readRowBytes(database: string): number {
  using db = new DatabaseSync(database, { readOnly: true });
  const row = db.prepare("SELECT * FROM notifications LIMIT 1").get() ?? {};
  return Object.values(row).map(sizeOf).reduce((sum, size) => sum + size, 0);
}

function sizeOf(value: unknown): number {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length;
  return typeof value === "number" ? 6 : 0;
}

/** Measures accepts at each number of connections. */
export async function measureAccepts(
  { contenders }: Pick<AcceptContenders, "contenders">,
  rounds: Rounds,
  connections: readonly number[] = CONNECTIONS,
): Promise<readonly AcceptRow[]> {
  const rows: AcceptRow[] = [];
  for (const count of connections) {
    const samples = await measureRounds(contenders, count, rounds);
    const floor = samples[0] ?? [];
    for (const [at, { name }] of contenders.entries()) {
      const own = samples[at] ?? [];
      rows.push({
        ...medians(own),
        connections: count,
        server: name,
        cpuRatio: medianRatio(own, floor, "cpuUs"),
        rateRatio: medianRatio(own, floor, "perSecond"),
      });
    }
  }
  return rows;
}
