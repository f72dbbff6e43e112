/** The operator's view of the providers, and their change without a deploy. */
import { isBlocked, loweredRate, rateOf } from "../../domain/delivery/rate_bucket.ts";
import type { ProviderState } from "../../domain/delivery/provider_state.ts";
import { type AuditActor, INSTALLATION, type NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ProviderChange, ProviderStore } from "../../domain/ports/provider_store.ts";
import type { Channel } from "../../domain/service/service.ts";
import type { ListedProvider, ProviderHealth } from "./provider_health.ts";

/**
 * How well a provider works, as this process sees it. `paused`: by the operator or by a fault. `failing`: its circuit
 * breaker is open. `limited`: it refused messages because it got too many, and gets fewer. `healthy`: none of these.
 */
export type HealthWord = "healthy" | "limited" | "failing" | "paused";

/**
 * The state of a circuit breaker. `closed`: messages are sent. `open`: none is sent. `half-open`: single messages try
 * whether the provider works again.
 */
export type BreakerWord = "closed" | "open" | "half-open";

/** A provider as the operator sees it. Times are epoch milliseconds. */
export interface ProviderView {
  readonly name: string;
  readonly channels: readonly Channel[];
  /**
   * Its share of the messages of its channel, from 0 (used while the others are held back) to 100, as it is in effect.
   */
  readonly weight: number;
  readonly health: HealthWord;
  readonly breaker: BreakerWord;
  /** The limit that the operator has set, in messages a second for each process; `null` for none. */
  readonly ratePerSecond: number | null;
  /**
   * The rate in effect in this process, in messages a second: lower than the limit after the provider refused messages
   * because it got too many; `null` without any limit.
   */
  readonly currentRatePerSecond: number | null;
  /** Why nothing is sent by it: the operator's pause, or a fault that it reported; `null` when it is not paused. */
  readonly pause: {
    readonly by: "operator" | "fault";
    readonly reason: string | null;
    readonly since: number;
  } | null;
  /** The last outcome of an attempt in this process other than an acceptance; `null` when there was none. */
  readonly lastError: { readonly code: string; readonly at: number } | null;
}

/** Lists and changes the providers of a deployment. */
export interface ProviderManagement {
  /**
   * Returns the providers in the order of their channels, the preferred one of a channel first. A provider of several
   * channels is listed once, with the health that it has on the channel where it is worst off.
   */
  list(): Promise<readonly ProviderView[]>;
  /**
   * Changes a provider's settings, in this process at once and in the others within seconds.
   *
   * @returns the provider afterwards; `undefined` when the deployment has no such provider
   */
  change(
    actor: AuditActor,
    name: string,
    change: RequestedChange,
  ): Promise<ProviderView | undefined>;
}

/** A change by the operator; absent fields keep their values. */
export interface RequestedChange extends Omit<ProviderChange, "pause"> {
  /** `null` ends the operator's pause and forgets a fault that the provider reported; absent changes neither. */
  readonly pause?: { readonly reason: string | null } | null;
}

/** Creates the operator's access to the providers. */
export function createProviderManagement(
  { clock, health, store }: {
    readonly clock: Pick<Clock, "now">;
    readonly health: Pick<ProviderHealth, "list" | "refresh" | "apply">;
    readonly store: Pick<ProviderStore, "change">;
  },
): ProviderManagement {
  const views = () => toViews(health.list(), clock.now());
  return {
    async list() {
      await health.refresh();
      return views();
    },
    async change(actor, name, requested) {
      if (!views().some((view) => view.name === name)) return undefined;
      const now = clock.now();
      const { pause, ...change } = requested;
      const since = pause === undefined ? {} : { pause: pause && { ...pause, since: now } };
      const entry = entryOf(actor, name, requested);
      health.apply(await store.change(name, { ...change, ...since }, now, entry));
      return views().find((view) => view.name === name);
    },
  };
}

/** The reason of a pause is the operator's own text, and not in the entry. */
function entryOf(
  actor: AuditActor,
  name: string,
  { weight, ratePerSecond, pause }: RequestedChange,
): NewAuditEntry {
  return {
    chain: INSTALLATION,
    actor,
    action: "provider-changed",
    subject: name,
    facts: {
      ...(weight === undefined ? {} : { weight: weight ?? "default" }),
      ...(ratePerSecond === undefined ? {} : { rate_per_second: ratePerSecond ?? "none" }),
      ...(pause === undefined ? {} : { paused: pause !== null }),
    },
  };
}

function toViews(listed: readonly ListedProvider[], now: number): readonly ProviderView[] {
  const byName = Map.groupBy(listed, ({ name }) => name);
  return Array.from(byName.values(), (entries) => toView(entries, now)).filter((view) =>
    view !== undefined
  );
}

/** A provider of several channels is shown as on the one where it is worst off. */
function toView(entries: readonly ListedProvider[], now: number): ProviderView | undefined {
  const worst = entries.toSorted((a, b) => severityOf(b, now) - severityOf(a, now))[0];
  if (worst === undefined) return undefined;
  const { name, state } = worst;
  const errors = entries.flatMap(({ state }) => state.lastError ?? []);
  return {
    name,
    channels: entries.map(({ channel }) => channel),
    weight: Math.max(...entries.map(({ facts }) => facts.weight)),
    health: healthOf(worst, now),
    breaker: breakerOf(state),
    ratePerSecond: state.bucket.limit ?? null,
    currentRatePerSecond: rateOf(state.bucket, now) ?? null,
    pause: pauseOf(state),
    lastError: errors.toSorted((a, b) => b.at - a.at)[0] ?? null,
  };
}

const SEVERITY: Readonly<Record<HealthWord, number>> = {
  healthy: 0,
  limited: 1,
  failing: 2,
  paused: 3,
};

function severityOf(listed: ListedProvider, now: number): number {
  return SEVERITY[healthOf(listed, now)];
}

function healthOf({ state }: Pick<ListedProvider, "state">, now: number): HealthWord {
  if (state.pause !== null || state.fault !== undefined) return "paused";
  if (state.breaker.phase === "open") return "failing";
  const { bucket } = state;
  const isLimited = loweredRate(bucket, now) !== undefined || isBlocked(bucket, now);
  return isLimited ? "limited" : "healthy";
}

function breakerOf({ breaker }: ProviderState): BreakerWord {
  if (breaker.phase === "closed") return "closed";
  return breaker.isProbing || breaker.succeeded > 0 ? "half-open" : "open";
}

function pauseOf({ pause, fault }: ProviderState): ProviderView["pause"] {
  if (pause !== null) return { by: "operator", ...pause };
  return fault === undefined ? null : { by: "fault", reason: fault.code, since: fault.since };
}
