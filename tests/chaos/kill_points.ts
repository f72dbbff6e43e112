/**
 * A process that is killed at every step of a message's way: before and after each write, each call of a provider or a
 * callback, and each answer. Each step has a process, a service and a message of its own. When a process has survived, its
 * last step is known. The messages then wait for another process, two hours later.
 */
import assert from "node:assert/strict";
import type { Providers } from "../conformance/providers.ts";
import { MINUTE_MS } from "../../domain/time/durations.ts";
import { pause, type ServingProcess, waitFor } from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import { type Behaviour, status } from "../support/stand_ins/scripted_server.ts";
import type { AcceptedMessage, RunMessage } from "./client.ts";
import { countCopies, numberIn } from "./copies.ts";
import type { Operation } from "./operations.ts";
import { finish, openProcessScene, type ProcessScene } from "./process_scene.ts";
import { chooseReceipts } from "./receipts.ts";
import type { RunOptions, RunResult } from "./scenario.ts";

/** How often a step that a process did not reach is tried again: its number depends on work in parallel. */
const MAX_MISSES = 1;
/** How long a process that has done everything may still make steps. */
const QUIET_MS = 300;

/** A way of a message that is killed at every step. */
export interface KillVariant {
  /** The messages of a run: one by itself, several in a batch. */
  readonly channels: readonly ("sms" | "email")[];
  /** The provider refuses the first call, so that the message is claimed and tried again. */
  readonly isRefusedFirst?: boolean;
  /** The messages are the rows of a job; they have one channel. */
  readonly isJob?: boolean;
  /** On a libSQL server instead of a file. */
  readonly isRemote?: boolean;
  /** The operations at which processes have to be killed. */
  readonly operations: readonly (Operation | "call of a provider" | "callback")[];
}

const REFUSALS: Readonly<Record<"sms" | "email", Behaviour>> = {
  sms: status(503, { code: 20503, status: 503 }),
  email: status(503, { ErrorCode: 100, Message: "Maintenance" }),
};

/** Kills a process at every step of the variant, and counts how the messages ended. */
export async function runKillPoints(
  { channels, isRefusedFirst = false, isJob = false, isRemote = false, operations }: KillVariant,
  { seed }: RunOptions,
): Promise<RunResult> {
  const random = createRandom(seed);
  await using scene = await openProcessScene(isRemote);
  const { client, receiver } = scene;
  const refuseNext = createRefusals(scene);
  const startsAt = Date.now();
  const requests: (readonly RunMessage[])[] = [];

  /** Runs a process until it is killed at the step, or has done everything. @returns its steps */
  async function runUntil(step: string | undefined) {
    // Each process has an earlier time than those before it: what they left behind is due later, so it does not run now.
    const hark = await scene.restart(startsAt - requests.length * MINUTE_MS);
    const sender = await client.newSender(receiver.url);
    const own = channels.map((channel, at) => ({
      n: requests.length * channels.length + at,
      channel,
      sender,
    }));
    requests.push(own);
    if (isRefusedFirst) refuseNext(channels);
    return await runToStep(scene, { hark, step, own, isJob });
  }

  const steps = new Set(await runUntil(undefined));
  const missed = new Map<string, number>();
  const killed: string[] = [];
  // Work in parallel has no fixed order: a step may be known later than in the first run, or not recur.
  for (const step of steps) {
    const seen = await runUntil(step);
    // The first of a name only: how often the others occur depends on when the process was killed.
    for (const other of seen) if (other.endsWith(" 1")) steps.add(other);
    if (seen.at(-1) === step) killed.push(step);
    else if ((missed.get(step) ?? 0) < MAX_MISSES) {
      missed.set(step, (missed.get(step) ?? 0) + 1);
      // Moves it to the end of those that the loop still visits.
      steps.delete(step);
      steps.add(step);
    }
  }
  assertKilledAt(operations, killed);
  await finish(scene, { requests, startsAt, isJob, choose: () => chooseReceipts(random) });
  await waitFor("every callback", async () => (await missingCallbacks(scene)).length === 0);
  assertCallbacks(scene);
  return {
    tally: await client.count(countCopies(scene.providers)),
    note: `killed at ${killed.length} of ${steps.size} steps` +
      (killed.length < steps.size ? "; the others did not recur" : ""),
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
  { client, receiver, providers }: ProcessScene,
  { hark, step, own, isJob }: {
    readonly hark: ServingProcess;
    readonly step: string | undefined;
    readonly own: readonly RunMessage[];
    readonly isJob: boolean;
  },
): Promise<readonly string[]> {
  let hasEnded = false;
  void hark.ended.then(() => hasEnded = true);
  const at = step === undefined ? "" : `?at=${encodeURIComponent(step)}`;
  const armed = await fetch(`${hark.url}/chaos/arm${at}`, { method: "POST" });
  await armed.body?.cancel();
  const sending = isJob ? client.sendJob(own) : client.send(own);
  const isTaken = () => own.every(({ n }) => countCopies(providers).has(n));
  await waitFor("the provider", () => hasEnded || isTaken(), { everyMs: 5 });
  await sending;
  if (!hasEnded) await reportOn(providers, own.map(({ n }) => n));
  const isAnnounced = async () => {
    const accepted = own.flatMap(({ n }) => client.accepted.get(n) ?? []);
    if (accepted.length < own.length) return false;
    return (await missingCallbacks({ client, receiver }, accepted)).length === 0;
  };
  await waitFor("the callbacks", async () => hasEnded || await isAnnounced(), { everyMs: 5 });
  if (!hasEnded) await pause(QUIET_MS);
  return Array.from(hark.stdout.matchAll(/^step (.+)$/gm), ([, name = ""]) => name);
}

/** Sends the receipts of these messages; the process may end meanwhile. */
async function reportOn({ twilio, postmark }: Providers, numbers: readonly number[]) {
  await Promise.allSettled([
    ...twilio.accepted.filter(({ body }) => numbers.includes(numberIn(body)))
      .map(({ sid }) => twilio.report(sid, "delivered")),
    ...postmark.accepted.filter(({ TextBody }) => numbers.includes(numberIn(TextBody)))
      .map(({ MessageID }) => postmark.deliver(MessageID)),
  ]);
}

/** Makes each provider refuse its next call, unless a call that it is to refuse has not come yet. */
function createRefusals({ providers: { twilio, postmark } }: ProcessScene) {
  const stands = { sms: twilio, email: postmark };
  const callsBefore = { sms: -1, email: -1 };
  return (channels: KillVariant["channels"]): void => {
    for (const channel of channels) {
      const calls = stands[channel].calls.length;
      if (calls > callsBefore[channel]) stands[channel].next(REFUSALS[channel]);
      callsBefore[channel] = calls;
    }
  };
}

/** The numbers of the messages without a callback. */
async function missingCallbacks(
  { client, receiver }: Pick<ProcessScene, "client" | "receiver">,
  messages: Iterable<AcceptedMessage> = client.accepted.values(),
): Promise<readonly number[]> {
  const announced = new Set(receiver.calls.map(({ body }) => body["id"]));
  const missing: number[] = [];
  for (const message of messages) {
    if (!announced.has(await client.idOf(message))) missing.push(message.n);
  }
  return missing;
}

/** A callback that came again has the id of the first, by which the consumer recognises it. */
function assertCallbacks({ receiver }: ProcessScene): void {
  const ids = new Map<unknown, Set<string>>();
  for (const { body, id } of receiver.calls) {
    assert.equal(body["status"], "delivered");
    ids.set(body["id"], (ids.get(body["id"]) ?? new Set()).add(id));
  }
  for (const [message, own] of ids) assert.equal(own.size, 1, `callbacks of ${message}`);
}
