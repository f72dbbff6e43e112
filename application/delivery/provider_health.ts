/** What this process knows of the providers: settings, circuit breakers, rate limits and faults. */
import { SLOW_CALL_MS } from "../../domain/delivery/circuit_breaker.ts";
import {
  applySettings,
  beginSend,
  cancelSend,
  endSend,
  factsOfState,
  type ProviderState,
  recordSlowCall,
} from "../../domain/delivery/provider_state.ts";
import { type ProviderFacts, WEIGHT } from "../../domain/delivery/select_provider.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { PerInvocation } from "../../domain/ports/invocation.ts";
import type { Log } from "../../domain/ports/log.ts";
import type { Provider, SendOutcome } from "../../domain/ports/provider.ts";
import type {
  ProviderFault,
  ProviderSettings,
  ProviderStore,
} from "../../domain/ports/provider_store.ts";
import type { Channel } from "../../domain/service/service.ts";
import { inOneProcess } from "../work_budget.ts";
import { createProviderStates, type ProviderStates } from "./provider_states.ts";

/**
 * How old the operator's settings in memory may be, in milliseconds; older ones are read again before they are used. So
 * a change takes effect in other processes after that time.
 */
export const SETTINGS_TTL_MS = 2_000;

/** A call of a provider that has begun; its end is still to be recorded. */
export interface ObservedSend {
  /** Records how it ended, with an outcome for each message. */
  ended(outcomes: readonly SendOutcome[]): void;
}

/** A provider of one channel with its present state. */
export interface ListedProvider {
  readonly name: string;
  readonly channel: Channel;
  readonly state: ProviderState;
  readonly facts: ProviderFacts;
}

/**
 * How well the providers of a deployment work, as this process sees it: by the outcomes of its own calls, and by the
 * settings and faults that all processes share in the store.
 */
export interface ProviderHealth {
  /**
   * Returns the weight, the availability and the room of a provider, by which one is selected. A provider that is not
   * in the list of the deployment (a simulator) is always ready.
   */
  factsOf(provider: Provider): ProviderFacts;
  /**
   * Records that a message was given to a provider: it counts against the rate limit.
   *
   * @param isProbe whether it is the one message that tries whether the provider works again
   */
  reserve(provider: Provider, isProbe: boolean): void;
  /**
   * Records that such a message is not sent after all. If it was the probe, another message can be; the rate limit's
   * count stays.
   */
  cancel(provider: Provider, isProbe: boolean): void;
  /**
   * Records that a call begins, of messages that were reserved.
   *
   * @param isProbe whether one of them is a probe
   * @param count how many messages
   */
  begin(provider: Provider, isProbe: boolean, count: number): ObservedSend;
  /**
   * Reads the settings from the store when those in memory are older than {@link SETTINGS_TTL_MS}, and waits for a read
   * that has begun. Never rejects: when the read fails, those in memory stay in effect.
   */
  refresh(): Promise<void>;
  /**
   * Whether the operator, or a fault of the account, has paused a provider for which a message was reserved.
   *
   * @param isProbe whether the message is the one that tries whether the fault has ended
   */
  isPaused(provider: Provider, isProbe: boolean): boolean;
  /** Puts settings into effect that this process has just written to the store. */
  apply(settings: ProviderSettings): void;
  /** Every provider of the deployment by channel, the preferred ones first. */
  list(): readonly ListedProvider[];
}

/** The dependencies of {@link createProviderHealth}. */
export interface ProviderHealthPorts {
  /** The providers of each channel, the preferred one first. */
  readonly providers: Readonly<Partial<Record<Channel, readonly Provider[]>>>;
  readonly store: Pick<ProviderStore, "list" | "recordFault">;
  readonly clock: Pick<Clock, "now">;
  /** Gets a line when a breaker opens or closes, and when a fault begins or ends. */
  readonly log: Log;
  /** Which calls of {@link ProviderHealth.refresh} may wait for the same read; all of a process by default. */
  readonly perInvocation?: PerInvocation | undefined;
}

const DEFAULTS: Omit<ProviderSettings, "name"> = {
  weight: null,
  ratePerSecond: null,
  pause: null,
  fault: null,
};

/** A call that has not ended. */
interface Call {
  readonly provider: Provider;
  readonly startedAt: number;
}

/** Creates the health of a process's providers: all are ready until outcomes or settings say otherwise. */
export function createProviderHealth(ports: ProviderHealthPorts): ProviderHealth {
  const { clock } = ports;
  const states = createProviderStates(ports);
  const settings = createSharedSettings(ports, states);
  /** Calls for one message in the order of their starts, without those that were counted as slow. */
  const calls = new Set<Call>();

  function countSlowCalls(now: number): void {
    for (const call of calls) {
      if (now - call.startedAt < SLOW_CALL_MS) return;
      calls.delete(call);
      states.change(call.provider, (state) => recordSlowCall(state, now));
    }
  }

  return {
    factsOf(provider) {
      const now = clock.now();
      countSlowCalls(now);
      const state = states.get(provider);
      return state === undefined
        ? { weight: WEIGHT.most, availability: "ready", room: Infinity }
        : factsOfState(state, now);
    },
    reserve(provider, isProbe) {
      states.change(provider, (state) => beginSend(state, isProbe, clock.now()));
    },
    cancel(provider, isProbe) {
      states.change(provider, (state) => cancelSend(state, isProbe, clock.now()));
    },
    begin(provider, isProbe, count) {
      const startedAt = clock.now();
      const call = { provider, startedAt };
      const isWatched = count === 1 && !isProbe && states.get(provider) !== undefined;
      if (isWatched) calls.add(call);
      return {
        ended(outcomes) {
          const now = clock.now();
          const faultBefore = states.get(provider)?.fault;
          const isCounted = !calls.delete(call) && isWatched;
          const tookMs = now - startedAt;
          states.change(
            provider,
            (state) => endSend(state, outcomes, { isProbe, tookMs, isCounted }, now),
          );
          const { fault } = states.get(provider) ?? {};
          if (fault?.code !== faultBefore?.code) settings.shareFault(provider.name, fault, now);
        },
      };
    },
    refresh: settings.refresh,
    isPaused(provider, isProbe) {
      const { pause = null, fault } = states.get(provider) ?? {};
      return pause !== null || fault !== undefined && !isProbe;
    },
    apply: settings.apply,
    list: () =>
      states.entries().map(([{ name, channel }, state]) => ({
        name,
        channel,
        state,
        facts: factsOfState(state, clock.now()),
      })),
  };
}

/** The stored settings, and faults, as this process knows them. */
interface SharedSettings extends Pick<ProviderHealth, "refresh" | "apply"> {
  /** Stores a fault that this process has found, or that it has ended, for the other processes. */
  shareFault(name: string, fault: ProviderFault | undefined, now: number): void;
}

function createSharedSettings(
  { clock, store, perInvocation = inOneProcess }: ProviderHealthPorts,
  states: ProviderStates,
): SharedSettings {
  const reading = perInvocation((): { read: Promise<void> | undefined } => ({ read: undefined }));
  let settings: ReadonlyMap<string, ProviderSettings> = new Map();
  /** When the last read began, and when the one began whose rows are in effect. */
  let readAt = -Infinity;
  let appliedAt = -Infinity;
  let localChanges = 0;

  function applyAll(): void {
    const now = clock.now();
    for (const [provider] of states.entries()) {
      states.change(provider, (state) => applySettings(state, settings.get(provider.name), now));
    }
  }

  async function read(): Promise<void> {
    const changesBefore = localChanges;
    const begunAt = clock.now();
    try {
      const rows = await store.list();
      // What this process has changed meanwhile may not be in the rows, nor what a later read has found.
      if (changesBefore !== localChanges || begunAt < appliedAt) return;
      appliedAt = begunAt;
      settings = new Map(rows.map((row) => [row.name, row]));
      applyAll();
    } catch {
      // The settings that are known stay in effect.
    } finally {
      readAt = Math.max(readAt, begunAt);
    }
  }

  return {
    async refresh() {
      const age = clock.now() - readAt;
      if (age >= 0 && age < SETTINGS_TTL_MS) return;
      // A request of a Worker may not wait for the read of another one: each begins its own.
      const own = reading();
      await (own.read ??= read().finally(() => own.read = undefined));
    },
    apply(changed) {
      localChanges++;
      settings = new Map([...settings, [changed.name, changed]]);
      applyAll();
    },
    shareFault(name, fault, now) {
      localChanges++;
      const stored = settings.get(name) ?? { ...DEFAULTS, name };
      settings = new Map([...settings, [name, { ...stored, fault: fault ?? null }]]);
      // A failed write does no harm: the fault shows again with the next message.
      store.recordFault(name, fault ?? null, now).catch(() => {});
    },
  };
}
