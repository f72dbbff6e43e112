/**
 * A process that is killed at every step of a message's way: before and after each write, each call of a provider or a
 * callback, and each answer. Each step has a process, a service and a message of its own. When a process has survived, its
 * last step is known. The messages then wait for another process, two hours later.
 */
import assert from "node:assert/strict";
import { type Providers, startProviders } from "../conformance/providers.ts";
import { createHrana } from "../support/hrana.ts";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrate } from "../../adapters/libsql/schema/migrations.ts";
import {
  type Folder,
  makeFolder,
  migrateFolder,
  pause,
  serve,
  type ServingProcess,
  waitFor,
} from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import {
  type CallbackReceiver,
  startCallbackReceiver,
} from "../support/stand_ins/callback_receiver.ts";
import { type Behaviour, status } from "../support/stand_ins/scripted_server.ts";
import { HOUR_MS, MINUTE_MS } from "../../domain/time/durations.ts";
import {
  countCopies,
  createRunClient,
  numberIn,
  type RunClient,
  type RunMessage,
} from "./client.ts";
import { createMovedClock } from "./moved_clock.ts";
import type { Operation } from "./operations.ts";
import type { RunOptions, RunResult } from "./scenario.ts";

const ENTRY = new URL("chaos_main.ts", import.meta.url);
/** How often a step that a process did not reach is tried again: its number depends on work in parallel. */
const MAX_MISSES = 2;
/** How long a process that has done everything may still make steps. */
const QUIET_MS = 300;

/** A way of a message that is killed at every step. */
export interface KillVariant {
  /** The messages of a run: one by itself, several in a batch. */
  readonly channels: readonly ("sms" | "email")[];
  /** The provider refuses the first call, so that the message is claimed and tried again. */
  readonly isRefusedFirst?: boolean;
  /** On a libSQL server instead of a file. */
  readonly isRemote?: boolean;
  /** The operations at which processes have to be killed. */
  readonly operations: readonly (Operation | "call of a provider" | "callback")[];
}

const REFUSALS: Readonly<Record<"sms" | "email", Behaviour>> = {
  sms: status(503, { code: 20503, status: 503 }),
  email: status(503, { ErrorCode: 100, Message: "Maintenance" }),
};

/** The stand-ins, the client and the current process of a run. */
interface KillScene extends AsyncDisposable {
  readonly providers: Providers;
  readonly receiver: CallbackReceiver;
  readonly client: RunClient;
  /** Ends the process and starts another at this time of the run. */
  restart(at: number): Promise<ServingProcess>;
  /** Sends the provider's receipts of these messages. @returns whether all were taken */
  report(numbers: readonly number[]): Promise<boolean>;
}

async function openScene(isRemote: boolean): Promise<KillScene> {
  await using stack = new AsyncDisposableStack();
  const clock = createMovedClock();
  const folder = stack.use(await makeFolder());
  const databaseUrl = await openStore(folder, isRemote ? clock.now : undefined, stack);
  const providers = stack.use(await startProviders(clock.now));
  const receiver = stack.use(await startCallbackReceiver());
  let hark: ServingProcess | undefined;
  stack.defer(async () => await hark?.[Symbol.asyncDispose]());
  const client = createRunClient((path, init) => fetch(`${hark?.url}${path}`, init), clock);
  const kept = stack.move();
  return {
    providers,
    receiver,
    client,
    async restart(at) {
      await hark?.kill("SIGKILL");
      clock.set(at);
      hark = await serve("start", {
        folder,
        entry: ENTRY,
        environment: {
          ...providers.environment,
          DATABASE_URL: databaseUrl,
          CALLBACK_ALLOW: new URL(receiver.url).host,
          CHAOS_NOW: String(clock.now()),
        },
      });
      providers.reportTo(hark.url);
      return hark;
    },
    async report(numbers) {
      const { twilio, postmark } = providers;
      const answers = await Promise.all([
        ...twilio.accepted.filter(({ body }) => numbers.includes(numberIn(body)))
          .map(({ sid }) => twilio.report(sid, "delivered")),
        ...postmark.accepted.filter(({ TextBody }) => numbers.includes(numberIn(TextBody)))
          .map(({ MessageID }) => postmark.deliver(MessageID)),
      ].map((answer) => answer.catch(() => [])));
      return answers.length > 0 && answers.every(([status]) => status === 200);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** @param remoteClock the clock of a libSQL server; `undefined` for a file. @returns the address of the database */
async function openStore(
  folder: Folder,
  remoteClock: (() => number) | undefined,
  stack: AsyncDisposableStack,
): Promise<string> {
  if (remoteClock === undefined) {
    await migrateFolder(folder);
    return "file:hark.db";
  }
  const hrana = createHrana(`${folder.path}/remote.db`, { clock: remoteClock });
  stack.defer(() => hrana.close());
  const { url } = hrana.serve();
  const db = await openDatabase({ url });
  await migrate(db, remoteClock());
  db.close();
  return url;
}

/** Kills a process at every step of the variant, and counts how the messages ended. */
export async function runKillPoints(
  { channels, isRefusedFirst = false, isRemote = false, operations }: KillVariant,
  { seed }: RunOptions,
): Promise<RunResult> {
  const random = createRandom(seed);
  await using scene = await openScene(isRemote);
  const { client, receiver } = scene;
  const startsAt = Date.now();
  const requests: (readonly RunMessage[])[] = [];

  /** Runs a process until it is killed at the step, or has done everything. @returns its steps */
  async function runUntil(step: string | undefined) {
    // Every process has the same time: the leases of one do not end while another runs.
    const hark = await scene.restart(startsAt);
    const sender = await client.newSender(receiver.url);
    const own = channels.map((channel, at) => ({
      n: requests.length * channels.length + at,
      channel,
      sender,
    }));
    requests.push(own);
    if (isRefusedFirst) refuseNext(scene, channels);
    return await runToStep(scene, hark, step, own);
  }

  const steps = new Set(await runUntil(undefined));
  const missed = new Map<string, number>();
  const killed: string[] = [];
  // Work in parallel has no fixed order, so a step that the first run did not have may be known later.
  for (const step of steps) {
    const seen = await runUntil(step);
    for (const other of seen) steps.add(other);
    if (seen.at(-1) === step) killed.push(step);
    else if ((missed.get(step) ?? 0) < MAX_MISSES) {
      missed.set(step, (missed.get(step) ?? 0) + 1);
      // Moves it to the end of those that the loop still visits.
      steps.delete(step);
      steps.add(step);
    }
  }
  assertKilledAt(operations, killed);
  await recover(scene, { requests, startsAt, isReported: () => random() < 0.5 });
  assertCallbacks(scene);
  return {
    tally: await client.count(countCopies(scene.providers)),
    note: `killed at each of ${killed.length} steps`,
  };
}

function assertKilledAt(operations: KillVariant["operations"], killed: readonly string[]): void {
  for (const operation of operations) {
    for (const when of ["before", "after"]) {
      assert(killed.includes(`${when} ${operation} 1`), `none was killed ${when} ${operation}`);
    }
  }
}

/** @returns the steps of the process; when it was killed, the last is that at which it was */
async function runToStep(
  { client, receiver, report, providers: { twilio, postmark } }: KillScene,
  hark: ServingProcess,
  step: string | undefined,
  own: readonly RunMessage[],
): Promise<readonly string[]> {
  let hasEnded = false;
  void hark.ended.then(() => hasEnded = true);
  const calls = receiver.calls.length;
  const taken = () => twilio.accepted.length + postmark.accepted.length;
  const before = taken();
  const at = step === undefined ? "" : `?at=${encodeURIComponent(step)}`;
  const armed = await fetch(`${hark.url}/chaos/arm${at}`, { method: "POST" });
  await armed.body?.cancel();
  const sending = client.send(own);
  await waitFor("the provider", () => hasEnded || taken() >= before + own.length, { everyMs: 2 });
  await sending;
  if (!hasEnded) await report(own.map(({ n }) => n));
  const hasCallbacks = () => receiver.calls.length >= calls + own.length;
  await waitFor("the callbacks", () => hasEnded || hasCallbacks(), { everyMs: 2 });
  if (!hasEnded) await pause(QUIET_MS);
  return Array.from(hark.stdout.matchAll(/^step (.+)$/gm), ([, name = ""]) => name);
}

function refuseNext({ providers }: KillScene, channels: readonly ("sms" | "email")[]): void {
  for (const channel of channels) {
    const stand = channel === "sms" ? providers.twilio : providers.postmark;
    stand.next(REFUSALS[channel]);
  }
}

/**
 * Lets another process finish: the client repeats what was not answered, and the provider reports again, or, as when the
 * receipt was lost, Hark has to ask.
 */
async function recover(
  scene: KillScene,
  { requests, startsAt, isReported }: {
    readonly requests: readonly (readonly RunMessage[])[];
    readonly startsAt: number;
    readonly isReported: () => boolean;
  },
): Promise<void> {
  const { client, providers: { twilio, postmark } } = scene;
  await scene.restart(startsAt + 10 * MINUTE_MS);
  for (const messages of requests) {
    if (messages.some(({ n }) => !client.accepted.has(n))) await client.sendUntilAccepted(messages);
  }
  await client.waitForAll("every message to be sent", (status) => status !== "created");
  await scene.report(requests.flat().map(({ n }) => n).filter(isReported));
  for (const { sid } of twilio.accepted) twilio.settle(sid, "delivered");
  for (const { MessageID } of postmark.accepted) postmark.settle(MessageID, "Delivered");
  await scene.restart(startsAt + 2 * HOUR_MS);
  await client.waitForAll("every message to end", (status) => status === "delivered");
  await waitFor("every callback", () => missingCallbacks(scene).length === 0);
}

/** The accepted messages whose end the consumer was not told of. */
function missingCallbacks({ client, receiver }: KillScene): readonly string[] {
  const told = new Set(receiver.calls.map(({ body }) => body["id"]));
  return [...client.accepted.values()].map(({ id }) => id).filter((id) => !told.has(id));
}

/** A callback that came again has the id of the first, by which the consumer recognises it. */
function assertCallbacks({ receiver }: KillScene): void {
  const ids = new Map<unknown, Set<string>>();
  for (const { body, id } of receiver.calls) {
    assert.equal(body["status"], "delivered");
    ids.set(body["id"], (ids.get(body["id"]) ?? new Set()).add(id));
  }
  for (const [message, own] of ids) assert.equal(own.size, 1, `callbacks of ${message}`);
}
