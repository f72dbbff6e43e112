import {
  type AttemptResult,
  failPermanently,
  NO_FURTHER_WORK,
  postponeForProvider,
  postponeUntil,
  settleAttempt,
  type UnknownAttempt,
} from "../../domain/delivery/attempt_result.ts";
import { GIVE_UP_AFTER_MS } from "../../domain/delivery/retry.ts";
import { decideDelivery } from "../../domain/delivery/decide_delivery.ts";
import type { Notification } from "../../domain/notification/notification.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { WorkBudget } from "../../domain/ports/invocation.ts";
import type { Log } from "../../domain/ports/log.ts";
import type { Lease, Outbox, SettleResult } from "../../domain/ports/outbox.ts";
import type { Provider, SendOutcome } from "../../domain/ports/provider.ts";
import type { ReceiptStore } from "../../domain/ports/receipt_store.ts";
import type { Service } from "../../domain/service/service.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import type { SelectedProvider } from "./channel_providers.ts";
import { RECORD_MS, UNLIMITED } from "../work_budget.ts";
import { createIsolateFailures } from "./isolate_failures.ts";
import type { ProviderHealth } from "./provider_health.ts";
import { sendToProvider, UNEXPECTED_ERROR } from "./send_messages.ts";
import { triedSince } from "./tried_since.ts";
import { sleepUntil } from "../sleep.ts";
import { withUsefulDelay } from "./useful_delay.ts";

/**
 * How long a process has a notification's outbox row to itself (its lease), in milliseconds. Then another worker may
 * claim the row. An attempt ends before that.
 */
export const LEASE_MS = 30_000;
/** Timeout of a provider call in milliseconds, counted from when the first of its attempts was recorded as started. */
export const ATTEMPT_TIMEOUT_MS = 15_000;
/** How long an attempt waits for the operator's settings, in milliseconds; then it goes by those that are known. */
const SETTINGS_WAIT_MS = 2_000;
/** Delays between tries to record a result; together much shorter than a lease. */
const SETTLE_DELAYS_MS = [200, 1_000, 3_000] as const;

/** The outcome when the provider was paused before it was called. */
const PAUSED: SendOutcome = { kind: "retry", outcome: "not-sent", code: "paused" };

/** A notification whose outbox row this process has leased, so that no other worker sends it meanwhile. */
export interface LeasedNotification {
  readonly lease: Lease;
  readonly notification: Notification;
  /** Whether the outcome of an earlier attempt is unknown: the provider may have the message already. */
  readonly unresolved: boolean;
  /** The earlier attempts of unknown outcome; none when absent. */
  readonly unknown?: readonly UnknownAttempt[];
  /**
   * The timeline events that say how earlier attempts of unknown outcome were resolved; they are recorded when the next
   * attempt starts. None when absent.
   */
  readonly resolvedBy?: AttemptResult["events"];
  /** When the operator put it back after a failure, epoch milliseconds; absent for most. */
  readonly redrivenAt?: number;
  /** Present when the write that accepted the notification also recorded the start of its first attempt. */
  readonly firstAttempt?: FirstAttempt;
}

/**
 * The first attempt of a notification, which the process that accepts a notification makes at once. The same write that
 * accepts the notification records its start.
 */
export interface FirstAttempt extends SelectedProvider {
  /** The recorded start, in epoch milliseconds. */
  readonly startedAt: number;
}

/** Returns the name under which attempts by a provider are recorded; `none` when the channel has no provider. */
export function providerNameOf(provider: Provider | undefined): string {
  return provider?.name ?? "none";
}

/** A leased notification with what its message is composed from: the template's version and the service. */
export interface ReadyNotification extends LeasedNotification {
  readonly template: TemplateVersion;
  readonly service: Service;
}

/** The dependencies of {@link createAttempts}. */
export interface AttemptPorts {
  readonly clock: Clock;
  readonly outbox: Pick<Outbox, "start" | "settle">;
  readonly receipts: Pick<ReceiptStore, "receive" | "applyUnmatched">;
  readonly log: Log;
  /** The public URL of this deployment, without a trailing slash; links in messages begin with it. */
  readonly publicUrl: string;
  readonly health: ProviderHealth;
  /**
   * Aborted when the process is about to be ended: calls of providers that are under way are given up, so that their
   * results are still recorded. Absent where a process has time enough for every call.
   */
  readonly cutOff?: AbortSignal | undefined;
  /** What the invocation that sends may still do; without limits by default. */
  readonly budget?: WorkBudget | undefined;
}

/** Makes attempts (calls of a provider) for notifications that this process has leased, and records them. */
export interface Attempts {
  /**
   * Makes one attempt for each notification: records their start, sends all of them in one call of the provider if it
   * takes batches, and records and logs the outcomes. A notification that may not be sent now is postponed (quiet
   * hours) or ended (expired) instead. Never rejects: when the work on one notification fails, the next worker that
   * claims it retries, and the others are not affected.
   *
   * @param selected its provider is `undefined` when the channel has none; the attempts then fail and are retried later
   * @param ready one notification, or as many as the provider takes in a batch
   * @returns how many of the messages the provider accepted
   */
  attempt(selected: SelectedProvider, ready: readonly ReadyNotification[]): Promise<number>;
  /**
   * Gives back the leases of notifications that no provider may be called for now. They stay due, without an attempt
   * and without an event. One that may not be sent now for its own reasons is postponed (quiet hours) or ended
   * (expired) instead, and so is one that was accepted 72 hours ago (ended). Never rejects.
   */
  postpone(ready: readonly ReadyNotification[]): Promise<void>;
  /**
   * Records the result of an attempt, or of work without one, and gives the lease back. It retries a few times when the
   * store fails, because the message would be sent again if the result were lost; it rejects when the last retry fails.
   *
   * @param provider the provider's name; `undefined` when no attempt was made
   * @returns whether the result was written (not when the lease was lost to another worker), and whether receipts of
   * the message came before it
   */
  settle(lease: Lease, provider: string | undefined, result: AttemptResult): Promise<SettleResult>;
}

interface StartedAttempt extends ReadyNotification {
  readonly number: number;
  readonly startedAt: number;
}

/** Creates the part of the dispatcher that makes attempts. Nothing else calls a provider's `send`. */
export function createAttempts(ports: AttemptPorts): Attempts {
  const { clock, receipts, health, budget = UNLIMITED } = ports;
  const root = `${ports.publicUrl}/`;
  const isolateFailures = createIsolateFailures(ports.log);

  /**
   * Applies receipts that came with the response, and those that came before its result was recorded.
   *
   * @param early whether a message may have receipts of the second sort
   */
  async function applyReceipts(
    provider: string,
    outcomes: readonly SendOutcome[],
    early: readonly boolean[],
  ): Promise<void> {
    const awaiting = outcomes.map((outcome) =>
      outcome.kind === "accepted" && outcome.delivered !== true ? outcome : undefined
    );
    const immediate = awaiting.flatMap((outcome) => outcome?.receipts ?? []);
    if (immediate.length > 0) await receipts.receive(immediate, clock.now());
    const ids = awaiting.filter((_, index) => early[index] === true)
      .flatMap((outcome) => outcome?.providerMessageId ?? []);
    if (ids.length > 0) await receipts.applyUnmatched(provider, ids, clock.now());
  }

  /**
   * Measured from the first start, so that the lease outlasts the attempt however long starting the others took. The
   * result must be recorded before the platform ends the invocation.
   */
  function remainingAttemptTime(started: readonly StartedAttempt[]): AbortSignal {
    const since = Math.min(...started.map(({ startedAt }) => startedAt));
    // A clock that was set back gives no more time.
    const leftOfLeaseMs = ATTEMPT_TIMEOUT_MS - Math.max(0, clock.now() - since);
    const leftMs = Math.min(leftOfLeaseMs, budget.leftMs() - RECORD_MS);
    if (leftMs <= 0) return AbortSignal.abort();
    const timeout = AbortSignal.timeout(leftMs);
    return ports.cutOff === undefined ? timeout : AbortSignal.any([timeout, ports.cutOff]);
  }

  /** Sends the messages in one call of the provider, unless the settings that were read meanwhile pause it. */
  async function call(
    { provider, selection, refreshed }: SelectedProvider,
    started: readonly StartedAttempt[],
  ): Promise<readonly SendOutcome[]> {
    const isProbe = selection === "probe";
    if (refreshed !== undefined) {
      // A signal of its own for each call: on Workers none may be used by another invocation.
      const signal = ports.cutOff ?? new AbortController().signal;
      await sleepUntil(refreshed, SETTINGS_WAIT_MS, signal);
      if (provider !== undefined && health.isPaused(provider, isProbe)) {
        health.cancel(provider, isProbe);
        return started.map(() => PAUSED);
      }
    }
    const observed = provider && health.begin(provider, isProbe, started.length);
    const outcomes = await sendToProvider(provider, started, root, remainingAttemptTime(started));
    observed?.ended(outcomes);
    return outcomes;
  }

  return {
    settle: (lease, provider, result) => settle(ports, lease, provider, result),
    async attempt(selected, ready) {
      const { provider, selection } = selected;
      const name = providerNameOf(provider);
      const started = (await Promise.all(
        ready.map((item) => isolateFailures(item.notification, () => start(ports, item, selected))),
      )).filter((attempt) => attempt !== undefined);
      const [first] = started;
      if (first === undefined) {
        if (provider !== undefined) health.cancel(provider, selection === "probe");
        return 0;
      }
      const outcomes = await call(selected, started);
      const early = await Promise.all(
        started.map(async (attempt, index) => {
          const outcome = outcomes[index] ?? UNEXPECTED_ERROR;
          const recorded = await isolateFailures(
            attempt.notification,
            () => finish(ports, attempt, provider, outcome),
          );
          // Without a record the receipts that came before it are unknown.
          return recorded?.isWritten !== true || recorded.hasUnmatchedReceipts;
        }),
      );
      await isolateFailures(first.notification, () => applyReceipts(name, outcomes, early));
      return outcomes.filter(({ kind }) => kind === "accepted").length;
    },
    async postpone(ready) {
      await Promise.all(
        ready.map((item) => isolateFailures(item.notification, () => giveBack(ports, item))),
      );
    },
  };
}

/** The lease fences each of the tries. */
async function settle(
  { clock, outbox }: AttemptPorts,
  lease: Lease,
  provider: string | undefined,
  result: AttemptResult,
): Promise<SettleResult> {
  const now = clock.now();
  for (const delayMs of SETTLE_DELAYS_MS) {
    try {
      return await outbox.settle(lease, provider, result, now);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
  return await outbox.settle(lease, provider, result, now);
}

/**
 * Records the start of an attempt, unless its accept did. @returns `undefined` when the notification may not go out now
 */
async function start(
  ports: AttemptPorts,
  ready: ReadyNotification,
  { provider, selection }: SelectedProvider,
): Promise<StartedAttempt | undefined> {
  if (ready.firstAttempt !== undefined) {
    return { ...ready, number: 1, startedAt: ready.firstAttempt.startedAt };
  }
  if (!await checkDelivery(ports, ready)) return undefined;
  const { clock, outbox } = ports;
  const { lease, unresolved, resolvedBy } = ready;
  const startedAt = clock.now();
  const number = await outbox.start(
    lease,
    {
      provider: providerNameOf(provider),
      selection,
      possibleDuplicate: unresolved,
      ...(resolvedBy === undefined ? {} : { resolvedBy }),
    },
    startedAt,
    startedAt + LEASE_MS,
  );
  if (number !== undefined) return { ...ready, number, startedAt };
  await outbox.settle(lease, undefined, NO_FURTHER_WORK, clock.now());
  return undefined;
}

/**
 * Ends the lease of a notification that waits for its provider. It keeps its place before later ones; 72 hours after it
 * was accepted it ends.
 */
async function giveBack(ports: AttemptPorts, ready: ReadyNotification): Promise<void> {
  if (!await checkDelivery(ports, ready)) return;
  const { lease, unresolved } = ready;
  const now = ports.clock.now();
  const since = triedSince(ready);
  const result = now - since >= GIVE_UP_AFTER_MS
    ? failPermanently("technical-failure", "provider-unavailable", unresolved, now)
    : postponeForProvider(Math.min(since, now), unresolved);
  await settle(ports, lease, undefined, result);
}

/** Whether a notification may go out now; otherwise it is postponed or ended. */
async function checkDelivery(ports: AttemptPorts, ready: ReadyNotification): Promise<boolean> {
  const { lease, notification, service, unresolved, resolvedBy = [] } = ready;
  const now = ports.clock.now();
  const decision = decideDelivery(notification, service.settings, now);
  if (decision.kind === "go") return true;
  const result = decision.kind === "hold"
    ? postponeUntil(decision.until, "quiet-hours", unresolved)
    : failPermanently("expired", "too-late", unresolved, now);
  await settle(ports, lease, undefined, { ...result, events: [...resolvedBy, ...result.events] });
  return false;
}

/** Records and logs the outcome of an attempt. */
async function finish(
  ports: AttemptPorts,
  started: StartedAttempt,
  provider: Provider | undefined,
  outcome: SendOutcome,
): Promise<SettleResult> {
  const { lease, notification, number, unresolved, unknown, startedAt } = started;
  const validUntil = notification.delivery?.validUntil;
  const providerName = providerNameOf(provider);
  const now = ports.clock.now();
  const result = settleAttempt(
    {
      number,
      provider: providerName,
      channel: notification.channel,
      acceptedAt: triedSince(started),
      international: notification.international,
      unresolved,
      startedAt,
      polled: provider?.poll !== undefined,
      ...(unknown === undefined ? {} : { unknown }),
      ...(provider?.pollAfterMs === undefined ? {} : { pollAfterMs: provider.pollAfterMs }),
      ...(provider?.search === undefined ? {} : { searchGraceMs: provider.search.graceMs }),
      ...(validUntil === undefined ? {} : { validUntil }),
    },
    withUsefulDelay(ports.health, notification.channel, providerName, outcome),
    now,
    ports.clock.random(),
  );
  const recorded = await settle(ports, lease, providerName, result);
  ports.log({
    event: "attempt",
    service_id: notification.serviceId,
    notification_id: notification.id,
    channel: notification.channel,
    provider: providerName,
    attempt: number,
    outcome: outcome.kind === "retry" ? outcome.outcome : outcome.kind,
    ...(outcome.kind === "accepted" ? {} : { code: outcome.code }),
    ...(recorded.isWritten ? {} : { lease: "lost" }),
    ms: now - startedAt,
  });
  return recorded;
}
