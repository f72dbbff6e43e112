/** The worker of callbacks: sends the events of services to the endpoints (callbacks) that they have set. */
import { isProbed } from "../../domain/callbacks/callback_result.ts";
import { errorName } from "../../domain/text/error_name.ts";
import type {
  CallbackOutbox,
  LeasedCallback,
  PassResult,
} from "../../domain/ports/callback_outbox.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { PerInvocation, WorkBudget } from "../../domain/ports/invocation.ts";
import type { Log } from "../../domain/ports/log.ts";
import { SECOND_MS } from "../../domain/time/durations.ts";
import { createClaimTime } from "../lease_time.ts";
import { sleepUntil } from "../sleep.ts";
import { inOneProcess, UNLIMITED } from "../work_budget.ts";
import { CALLS_A_PASS, type RunPass } from "./callback_pass.ts";

/** How many callbacks a process serves at once. Further ones that are due wait until one of them ends. */
export const MAX_CALLBACKS_AT_ONCE = 32;
/**
 * How long a lease of a callback lasts, in milliseconds; until it ends, no other process serves the callback. It is
 * longer than a pass: that starts calls for 10 seconds, and each call takes 10 seconds at most.
 */
export const CALLBACK_LEASE_MS = 30 * SECOND_MS;
/** How long a callback is served before others that wait, in milliseconds. */
const MAX_SERVED_MS = 5_000;
/** The calls that find due callbacks and lease them. */
const CALLS_TO_CLAIM = 3;
/** How many calls an invocation must have left to lease and serve a callback. */
export const CALLS_A_CALLBACK = CALLS_TO_CLAIM + CALLS_A_PASS;

/** Dependencies of {@link createCallbackWorker}. */
export interface CallbackWorkerPorts {
  readonly clock: Clock;
  readonly outbox: CallbackOutbox;
  readonly runPass: RunPass;
  readonly log: Log;
  /** What the invocation that serves may still do; without limits by default. */
  readonly budget?: WorkBudget | undefined;
  /** Makes the callbacks that are served those of one invocation: none waits for another one's, which may never end. */
  readonly perInvocation?: PerInvocation | undefined;
}

/** Sends the deliveries of the callbacks that are due, in one process. */
export interface CallbackWorker {
  /**
   * Leases callbacks that are due and begins to serve them, up to {@link MAX_CALLBACKS_AT_ONCE} at a time. It does not
   * wait for them, so that a slow endpoint delays no other.
   *
   * @param signal aborted at shutdown: no further call is started
   * @returns whether it has leased any; `false` also when all places are in use
   */
  start(signal: AbortSignal): Promise<boolean>;
  /** Whether a callback that {@link start} leased is still being served. */
  isServing(): boolean;
  /** Resolves when one of the callbacks that are being served has ended; at once when there is none. Never rejects. */
  freed(): Promise<void>;
}

/** How long to wait for one that ends before looking for others that are due. */
const LOOK_AGAIN_MS = 500;

/**
 * Serves callbacks until none is due and none is being served. After an abort it starts no further call, and resolves
 * when the calls in flight have ended.
 *
 * @param mayStart whether the invocation can serve further callbacks
 * @throws errors of the store, when due callbacks cannot be found or leased
 */
export async function sendDueCallbacks(
  worker: CallbackWorker,
  signal: AbortSignal,
  mayStart: () => boolean = () => true,
): Promise<void> {
  for (;;) {
    if (!signal.aborted && mayStart() && await worker.start(signal)) continue;
    if (!worker.isServing()) return;
    if (signal.aborted) await worker.freed();
    else await sleepUntil(worker.freed(), LOOK_AGAIN_MS, signal);
  }
}

/**
 * Creates the worker. When serving a callback fails, the failure is logged (event `callback-failed`) and the lease
 * expires by itself. The deliveries of that pass are then sent again.
 */
export function createCallbackWorker(
  { clock, outbox, runPass, log, budget = UNLIMITED, perInvocation = inOneProcess }:
    CallbackWorkerPorts,
): CallbackWorker {
  const claimTime = createClaimTime(clock, outbox, CALLBACK_LEASE_MS);
  const servedOf = perInvocation(() => new Set<Promise<void>>());
  let lookAgainAt = -Infinity;

  /** How many of the invocation's calls are left to each callback that is served. */
  const callsForEach = () => Math.floor(budget.callsLeft() / Math.max(1, servedOf().size));

  /** Serves a callback until nothing more is due, its time or its calls are over, or it fails. */
  async function serve(leased: LeasedCallback, signal: AbortSignal): Promise<void> {
    const endAt = clock.monotonic() + MAX_SERVED_MS;
    for (let callback = leased;;) {
      const result = await runPass(callback, signal, callsForEach);
      const now = clock.now();
      const isLast = result === undefined || result.isGone || signal.aborted ||
        result.health.pausedUntil > now || clock.monotonic() >= endAt ||
        callsForEach() <= CALLS_A_PASS;
      const recorded = result ?? {
        ...callback,
        records: [],
        isGone: false,
        hasRecovered: false,
      };
      const isHeld = await outbox.record(
        callback,
        recorded,
        now,
        isLast ? 0 : now + CALLBACK_LEASE_MS,
      );
      if (isHeld && result !== undefined) logChange(callback, result);
      if (isLast || !isHeld) return;
      const { health, position, replay } = recorded;
      callback = { ...callback, health, position, replay };
    }
  }

  /** Logs that an endpoint began to fail, works again or wants no more. */
  function logChange({ health, serviceId, kind }: LeasedCallback, result: PassResult): void {
    const event = result.isGone
      ? "callback-disabled"
      : result.hasRecovered
      ? "callback-resumed"
      : !isProbed(health) && isProbed(result.health)
      ? "callback-paused"
      : undefined;
    if (event !== undefined) log({ event, service_id: serviceId, kind });
  }

  function track(callback: LeasedCallback, signal: AbortSignal): void {
    const served = servedOf();
    const ended = serve(callback, signal).catch((error) =>
      log({
        event: "callback-failed",
        service_id: callback.serviceId,
        kind: callback.kind,
        error: errorName(error),
      })
    ).finally(() => served.delete(ended));
    served.add(ended);
  }

  return {
    async start(signal) {
      const affordable = Math.floor((budget.callsLeft() - CALLS_TO_CLAIM) / CALLS_A_PASS);
      const room = Math.min(MAX_CALLBACKS_AT_ONCE, affordable) - servedOf().size;
      if (room <= 0 || clock.monotonic() < lookAgainAt) return false;
      if (!await outbox.hasDue(clock.now())) {
        lookAgainAt = clock.monotonic() + outbox.lookEveryMs;
        return false;
      }
      const now = await claimTime();
      const claimed = await outbox.claim(now, now + CALLBACK_LEASE_MS, room);
      for (const callback of claimed) track(callback, signal);
      return claimed.length > 0;
    },
    isServing: () => servedOf().size > 0,
    async freed() {
      const served = servedOf();
      if (served.size > 0) await Promise.race(served);
    },
  };
}
