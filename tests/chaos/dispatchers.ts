/** Several processes on one remote database, whose clocks are wrong, some of which are killed. */
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrate } from "../../adapters/libsql/schema/migrations.ts";
import { HOUR_MS, MINUTE_MS } from "../../domain/time/durations.ts";
import { type Providers, startProviders } from "../conformance/providers.ts";
import { createHrana } from "../support/hrana.ts";
import { makeFolder, pause, serve, type ServingProcess, waitFor } from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import { slow } from "../support/stand_ins/scripted_server.ts";
import { createRunClient, type RunClient, type Sender } from "./client.ts";
import { countCopies } from "./copies.ts";
import { createMovedClock, type MovedClock } from "./moved_clock.ts";
import { CHAOS_ENTRY, isSent } from "./process_scene.ts";
import { chooseReceipts, createReporter } from "./receipts.ts";
import type { RunOptions, RunResult } from "./scenario.ts";

/** Messages and kills of a run. */
const MESSAGES = { full: 400, short: 40 } as const;
const KILLS = { full: 6, short: 2 } as const;
/** The providers' latency, so that calls are in flight when a process is killed. */
const PROVIDER_MS = 40;
/** By how much the clock of a process is off at most, in milliseconds. */
const MAX_SKEW_MS = HOUR_MS;
/** How long the processes do nothing before the database's clock is moved: calls in flight would outlive their leases. */
const QUIET_MS = 1_500;
/** How often the clock moves on while the last messages end. */
const MOVE_EVERY_MS = 20_000;

/** Clients that send at the same time. */
const CLIENTS = 8;

/** The processes of a run. */
export interface DispatcherOptions {
  readonly processes: number;
  /** Whether processes are killed and started again. */
  readonly isKilled?: boolean;
  /** The share of the database's replies that are lost after the commit; 0 by default. */
  readonly lostReplies?: number;
}

/** The processes of a run, their database and their providers. */
interface DispatcherScene extends AsyncDisposable {
  readonly clock: MovedClock;
  readonly providers: Providers;
  /** Calls a process at random. */
  readonly client: RunClient;
  readonly sender: Sender;
  /** How many replies of the database were lost. */
  readonly lost: number;
  /** Turns the loss of replies on and off; it is off at first. */
  loseReplies(isOn: boolean): void;
  /** The address of a process at random. */
  anyProcess(): string;
  /** Kills a process at random and starts another in its place. */
  replaceOne(): Promise<void>;
}

async function openScene(
  { processes: count, lostReplies = 0 }: DispatcherOptions,
  random: () => number,
): Promise<DispatcherScene> {
  await using stack = new AsyncDisposableStack();
  const clock = createMovedClock();
  const folder = stack.use(await makeFolder());
  let lost = 0;
  let isLosing = false;
  const hrana = stack.use(createHrana(`${folder.path}/remote.db`, {
    clock: clock.now,
    losesReply() {
      const isLost = isLosing && random() < lostReplies;
      if (isLost) lost++;
      return isLost;
    },
  }));
  const { url } = hrana.serve();
  const db = await openDatabase({ url });
  await migrate(db, clock.now());
  db.close();
  const providers = stack.use(await startProviders(clock.now));
  for (const stand of [providers.twilio, providers.postmark]) stand.always(slow(PROVIDER_MS));
  const processes: ServingProcess[] = [];
  stack.defer(async () => {
    await Promise.all(processes.map((process) => process[Symbol.asyncDispose]()));
  });
  const start = async (): Promise<ServingProcess> => {
    const skewMs = Math.round((2 * random() - 1) * MAX_SKEW_MS);
    return await serve("start", {
      folder,
      entry: CHAOS_ENTRY,
      environment: {
        ...providers.environment,
        DATABASE_URL: url,
        CHAOS_NOW: String(clock.now() + skewMs),
      },
    });
  };
  for (let at = 0; at < count; at++) processes.push(await start());
  const anyProcess = () => processes[Math.floor(random() * processes.length)]?.url ?? "";
  const client = createRunClient((path, init) => fetch(`${anyProcess()}${path}`, init), clock);
  const sender = await client.newSender();
  const kept = stack.move();
  return {
    clock,
    providers,
    client,
    sender,
    get lost() {
      return lost;
    },
    loseReplies(isOn) {
      isLosing = isOn;
    },
    anyProcess,
    async replaceOne() {
      const at = Math.floor(random() * processes.length);
      await processes[at]?.kill("SIGKILL");
      processes[at] = await start();
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Sends messages through all processes at once, kills some of them, and lets the others finish. */
export async function runDispatchers(
  options: DispatcherOptions,
  { seed, short }: RunOptions,
): Promise<RunResult> {
  const random = createRandom(seed);
  await using scene = await openScene(options, random);
  const { client, clock, providers } = scene;
  scene.loseReplies(true);
  const kills = options.isKilled === true ? (short ? KILLS.short : KILLS.full) : 0;
  await sendAll(scene, { total: short ? MESSAGES.short : MESSAGES.full, kills, random });

  const reporter = createReporter(providers, () => chooseReceipts(random));
  const settle = async (what: string, holds: (status: string | undefined) => boolean) => {
    await client.waitForAll(what, holds);
    providers.reportTo(scene.anyProcess());
    await reporter.report();
  };
  await waitForQuiet(providers);
  // What a killed process had leased is claimed, and its provider asked.
  clock.set(clock.now() + 10 * MINUTE_MS);
  await settle("every message to be sent", isSent);
  await waitForQuiet(providers);
  // What has no receipt yet is asked for. A reply that is lost then may delay a message by minutes of this clock.
  const moveOn = () => clock.set(clock.now() + 2 * HOUR_MS);
  moveOn();
  const timer = setInterval(moveOn, MOVE_EVERY_MS);
  try {
    await settle("every message to end", (status) => status === "delivered");
  } finally {
    clearInterval(timer);
  }
  scene.loseReplies(false);
  const what = kills > 0 ? `killed ${kills} times` : `${scene.lost} replies lost`;
  return {
    tally: await client.count(countCopies(providers)),
    note: `clocks off by up to an hour, ${what}`,
  };
}

async function sendAll(
  { client, sender, replaceOne }: DispatcherScene,
  { total, kills, random }: {
    readonly total: number;
    readonly kills: number;
    readonly random: () => number;
  },
): Promise<void> {
  const killPoints = Array.from({ length: kills }, () => Math.floor(random() * total));
  let sent = 0;
  const sendSome = async (): Promise<void> => {
    while (sent < total) {
      const n = sent++;
      const channel = n % 2 === 0 ? "sms" : "email";
      await client.sendUntilAccepted([{ n, channel, sender }]);
    }
  };
  const killSome = async (): Promise<void> => {
    for (const point of killPoints.toSorted((a, b) => a - b)) {
      await waitFor(`message ${point}`, () => sent > point, { everyMs: 1 });
      await replaceOne();
    }
  };
  await Promise.all([killSome(), ...Array.from({ length: CLIENTS }, sendSome)]);
}

/** Waits until the providers were not called for a while: calls in flight would outlive leases that a moved clock ends. */
async function waitForQuiet({ twilio, postmark }: Providers): Promise<void> {
  const count = () => twilio.calls.length + postmark.calls.length;
  for (let before = -1; before !== count();) {
    before = count();
    await pause(QUIET_MS);
  }
}
