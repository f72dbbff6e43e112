/** The scenarios of the crash ledger, in its order. */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../domain/time/durations.ts";
import { runDispatchers } from "./dispatchers.ts";
import { runBacklog, runFailover } from "./failover.ts";
import { type KillVariant, runKillPoints } from "./kill_points.ts";
import { type Outage, OUTAGES, runFaults, runOutage, runUnaskable } from "./outages.ts";
import { runQueueConsumers } from "./queue_consumers.ts";
import { runRandomKills } from "./random_kills.ts";
import type { Scenario } from "./scenario.ts";
import { runFullDisk, runLocks } from "./storage_faults.ts";

/** The operations of a message that is sent at once. */
const AT_ONCE = [
  ...["accept", "call of a provider", "settle", "receipt"] as const,
  ...["callback lease", "callback", "callback record"] as const,
] as const satisfies KillVariant["operations"];
/** The operations of a message that a worker claims. */
const CLAIMED = [...AT_ONCE, "claim", "start"] as const satisfies KillVariant["operations"];

/** Scenarios that kill a process at every step. */
export const KILL_SCENARIOS: readonly Scenario[] = [
  kill("kill-text", "a text", true, { channels: ["sms"], operations: AT_ONCE }),
  kill("kill-email", "an e-mail", false, { channels: ["email"], operations: AT_ONCE }),
  kill("kill-batch", "a batch of a text and an e-mail", false, {
    channels: ["sms", "email"],
    operations: CLAIMED,
  }),
  kill("kill-retry", "a text that the provider does not take at first", false, {
    channels: ["sms"],
    isRefusedFirst: true,
    operations: CLAIMED,
  }),
  kill("kill-job", "a job of two rows", false, {
    channels: ["sms", "sms"],
    isJob: true,
    operations: ["job", ...CLAIMED],
  }),
  kill("kill-remote", "a text, on a remote database", false, {
    channels: ["sms"],
    isRemote: true,
    operations: AT_ONCE,
  }),
];

/** Scenarios that a Worker runs. */
export const WORKER_SCENARIOS: readonly Scenario[] = [
  {
    name: "queue-consumers",
    title: "a tenth of a Worker's queue consumers end at random points, in workerd",
    inShort: true,
    run: runQueueConsumers,
  },
];

/** The other scenarios. */
export const OTHER_SCENARIOS: readonly Scenario[] = [
  {
    name: "kill-random",
    title: "a process is killed 20 times during 1,000 sends, in real time",
    inShort: false,
    run: ({ seed }) => runRandomKills({ seed, sends: 1_000, kills: 20 }),
  },
  {
    name: "two-dispatchers",
    title: "two processes on one remote database, killed, with wrong clocks",
    inShort: true,
    run: (options) => runDispatchers({ processes: 2, isKilled: true }, options),
  },
  {
    name: "eight-dispatchers",
    title: "eight processes on one remote database, killed, with wrong clocks",
    inShort: false,
    run: (options) => runDispatchers({ processes: 8, isKilled: true }, options),
  },
  {
    name: "lost-replies",
    title: "two processes, 3 % of the database's replies lost after the commit",
    inShort: true,
    run: (options) => runDispatchers({ processes: 2, lostReplies: 0.03 }, options),
  },
  {
    name: "full-disk",
    title: "the disk is full",
    inShort: true,
    run: runFullDisk,
  },
  {
    name: "locks",
    title: "another process locks the database file again and again",
    inShort: false,
    run: runLocks,
  },
  outage("10s", 10 * SECOND_MS, OUTAGES["500"], "answer 500"),
  outage("3min", 3 * MINUTE_MS, OUTAGES["500"], "answer 500"),
  outage("1h", HOUR_MS, OUTAGES["500"], "answer 500"),
  outage("71h", 71 * HOUR_MS, OUTAGES["500"], "answer 500"),
  outage("resets-1h", HOUR_MS, OUTAGES.resets, "reset connections"),
  outage("hangs-3min", 3 * MINUTE_MS, OUTAGES.hangs, "hang"),
  outage("drops-1h", HOUR_MS, OUTAGES["drops-answers"], "take messages and drop the answers"),
  {
    name: "provider-faults",
    title: "every call meets another fault; receipts come twice, out of order, early or never",
    inShort: true,
    run: runFaults,
  },
  {
    name: "provider-unaskable",
    title: "answers are lost at random, and the providers may not be asked",
    inShort: true,
    run: runUnaskable,
  },
  {
    name: "failover",
    title: "the first of two providers answers 500 for ten minutes under load",
    inShort: true,
    run: runFailover,
  },
  {
    name: "backlog",
    title: "the only provider takes nothing for ten minutes under load",
    inShort: true,
    run: runBacklog,
  },
];

/** Every scenario. */
export const SCENARIOS: readonly Scenario[] = [
  ...KILL_SCENARIOS,
  ...WORKER_SCENARIOS,
  ...OTHER_SCENARIOS,
];

function kill(name: string, message: string, inShort: boolean, variant: KillVariant): Scenario {
  return {
    name,
    title: `killed at every step of ${message}`,
    inShort,
    run: (options) => runKillPoints(variant, options),
  };
}

/** @param name the duration, and what happens where it is not an answer of 500 */
function outage(name: string, ms: number, outage: Outage, verb: string): Scenario {
  const [duration = ""] = name.split("-").slice(-1);
  const isHanging = outage === OUTAGES.hangs;
  return {
    name: `provider-${name.includes("-") ? "" : "500-"}${name}`,
    title: `the providers ${verb} for ${duration.replace(/(?=[a-z])/, " ")}`,
    inShort: !isHanging,
    run: (options) => runOutage({ outage, ms, isShortened: isHanging }, options),
  };
}
