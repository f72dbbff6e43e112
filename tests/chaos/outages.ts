/** Providers that fail for a while, in moved time. */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../domain/time/durations.ts";
import { createRandom } from "../support/random.ts";
import {
  answerTwice,
  type Behaviour,
  cutAnswer,
  dropAnswer,
  hang,
  nonsense,
  reportFirst,
  reset,
  type ScriptedServer,
  slow,
  status,
  takenStatus,
} from "../support/stand_ins/scripted_server.ts";
import type { RunChannel } from "./client.ts";
import { countCopies } from "./copies.ts";
import { type MovedOptions, startMovedApplication } from "./moved_application.ts";
import { chooseReceipts, createReporter } from "./receipts.ts";
import type { RunOptions, RunResult } from "./scenario.ts";

/** Messages of a run and of a short one. */
const MESSAGES = { full: 120, short: 40 } as const;
/** How long after an outage every message has ended: a receipt that was lost is asked for after an hour. */
const AFTERWARDS_MS = 6 * HOUR_MS;
/** The time-out of a provider's call in a run with a provider that hangs, in real milliseconds, for one of 15 s. */
const HANG_MS = 250;

/** What a provider does during an outage. */
export type Outage = Readonly<Record<RunChannel, (random: () => number) => Behaviour>>;

const both = (behaviour: Behaviour): Outage => ({ sms: () => behaviour, email: () => behaviour });

/** The outages by name. */
export const OUTAGES = {
  "500": {
    sms: () => status(500, { code: 20500, status: 500 }),
    email: () => status(500, { ErrorCode: 0, Message: "Internal error" }),
  },
  resets: both(reset()),
  hangs: both(hang()),
  "drops-answers": both(dropAnswer()),
} as const satisfies Record<string, Outage>;

/** How a provider may treat one call, in a run in which every call meets another fault. */
const FAULTS: readonly ((channel: RunChannel) => Behaviour | undefined)[] = [
  () => undefined,
  () => slow(20),
  () => reset(),
  () => dropAnswer(),
  () => cutAnswer(),
  () => reportFirst(),
  () => answerTwice(),
  () => takenStatus(500),
  () => nonsense(),
  () => status(502, "<html>Bad gateway</html>"),
  (channel) =>
    channel === "sms"
      ? status(503, { code: 20503, status: 503 })
      : status(503, { ErrorCode: 100, Message: "Maintenance" }),
  (channel) =>
    status(429, channel === "sms" ? { code: 20429 } : { ErrorCode: 429 }, { "Retry-After": "2" }),
];

/** Runs an outage of both providers that lasts for `ms`; half of the messages are sent before it, half during it. */
export async function runOutage(
  { outage, ms, isShortened = false }: {
    readonly outage: Outage;
    readonly ms: number;
    /** Whether calls time out after 250 ms instead of 15 s: a provider that hangs costs real time. */
    readonly isShortened?: boolean;
  },
  { seed, short }: RunOptions,
): Promise<RunResult> {
  const random = createRandom(seed);
  await using run = await startMovedApplication(isShortened ? { wrapFetch: shorten } : {});
  const { client, providers: { twilio, postmark } } = run;
  const sender = await client.newSender();
  const reporter = createReporter(run.providers, () => chooseReceipts(random));
  twilio.always(outage.sms(random));
  postmark.always(outage.email(random));
  const messages = Array.from({ length: short ? MESSAGES.short : MESSAGES.full }, (_, n) => ({
    n,
    channel: n % 2 === 0 ? "sms" as const : "email" as const,
    sender,
  }));
  const before = messages.slice(0, messages.length / 2);
  await Promise.all(before.map((message) => client.sendUntilAccepted([message])));
  await run.application.settle();
  const stepMs = Math.max(SECOND_MS, Math.ceil(ms / 200));
  await run.pass(ms, stepMs, async () => {
    const next = messages.find(({ n }) => !client.accepted.has(n));
    if (next !== undefined && random() < 0.5) await client.sendUntilAccepted([next]);
  });
  const calls = twilio.calls.length + postmark.calls.length;
  twilio.always(undefined);
  postmark.always(undefined);
  for (const message of messages) {
    if (!client.accepted.has(message.n)) await client.sendUntilAccepted([message]);
  }
  await run.pass(10 * MINUTE_MS, 10 * SECOND_MS, reporter.report);
  await run.pass(AFTERWARDS_MS, 5 * MINUTE_MS, reporter.report);
  return {
    tally: await client.count(countCopies(run.providers)),
    note: `${calls} calls during the outage`,
  };
}

/**
 * Runs a provider of which every call meets another fault, and whose receipts come twice, out of order, before the answer
 * or not at all.
 */
export async function runFaults({ seed, short }: RunOptions): Promise<RunResult> {
  const random = createRandom(seed);
  await using run = await startMovedApplication();
  const { client, providers: { twilio, postmark } } = run;
  const sender = await client.newSender();
  const reporter = createReporter(run.providers, () => chooseReceipts(random));
  const script = (stand: ScriptedServer, channel: RunChannel) => {
    const fault = FAULTS[Math.floor(random() * FAULTS.length)]?.(channel);
    if (fault !== undefined) stand.next(fault);
  };
  const count = short ? MESSAGES.short : 2 * MESSAGES.full;
  for (let n = 0; n < count; n++) {
    const channel = n % 2 === 0 ? "sms" : "email";
    script(channel === "sms" ? twilio : postmark, channel);
    await client.sendUntilAccepted([{ n, channel, sender }]);
    await run.pass(2 * SECOND_MS, SECOND_MS, reporter.report);
  }
  await run.pass(10 * MINUTE_MS, 10 * SECOND_MS, reporter.report);
  await run.pass(AFTERWARDS_MS, 5 * MINUTE_MS, reporter.report);
  return { tally: await client.count(countCopies(run.providers)), note: "a fault a call" };
}

/** Runs providers that take messages and drop the answers, and that may not be asked which messages they have. */
export async function runUnaskable({ seed, short }: RunOptions): Promise<RunResult> {
  const random = createRandom(seed);
  const wrapFetch: MovedOptions["wrapFetch"] = (send) => async (input, init) => {
    const isSearch = (init?.method ?? "GET") === "GET";
    return isSearch
      ? Response.json({ code: 20403, ErrorCode: 403 }, { status: 403 })
      : await send(input, init);
  };
  await using run = await startMovedApplication({ wrapFetch });
  const { client, providers: { twilio, postmark } } = run;
  const sender = await client.newSender();
  const reporter = createReporter(run.providers, () => "once");
  const count = short ? MESSAGES.short / 2 : MESSAGES.full / 2;
  let dropped = 0;
  for (let n = 0; n < count; n++) {
    const channel = n % 2 === 0 ? "sms" : "email";
    if (random() < 0.3) {
      dropped++;
      (channel === "sms" ? twilio : postmark).next(dropAnswer());
    }
    await client.sendUntilAccepted([{ n, channel, sender }]);
    await run.pass(2 * SECOND_MS, SECOND_MS);
  }
  // The receipts are late: what the provider took was sent again by then.
  await run.pass(HOUR_MS, MINUTE_MS);
  await run.pass(HOUR_MS, 10 * MINUTE_MS, reporter.report);
  return {
    tally: await client.count(countCopies(run.providers)),
    note: `${dropped} attempts of unknown outcome`,
  };
}

/** Ends a call after {@link HANG_MS}, with the error that the time-out of an attempt causes. */
function shorten(send: typeof fetch): typeof fetch {
  return (input, init) => {
    const signals = [AbortSignal.timeout(HANG_MS), ...(init?.signal ? [init.signal] : [])];
    return send(input, { ...init, signal: AbortSignal.any(signals) });
  };
}
