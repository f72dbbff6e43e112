/** The states of a process's providers. Every change of them goes through it, so that transitions are logged. */
import { createProviderState, type ProviderState } from "../../domain/delivery/provider_state.ts";
import { WEIGHT } from "../../domain/delivery/select_provider.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { Log } from "../../domain/ports/log.ts";
import type { Provider } from "../../domain/ports/provider.ts";
import type { Channel } from "../../domain/service/service.ts";

/** The states of the providers of a deployment; simulators have none. */
export interface ProviderStates {
  get(provider: Provider): ProviderState | undefined;
  /**
   * Replaces the state of a provider by what `to` returns, and logs when its breaker opens or closes, or a fault begins
   * or ends. It does nothing for a simulator.
   */
  change(provider: Provider, to: (state: ProviderState) => ProviderState): void;
  /** Every provider with its state: by channel, the preferred ones first. */
  entries(): readonly (readonly [Provider, ProviderState])[];
}

/**
 * Creates the states, all of them healthy. Until settings say otherwise, the first provider of a channel has weight 100
 * (all messages), and the others 0 (used while the first is held back).
 *
 * @param ports `providers` has the providers of each channel, the preferred one first
 */
export function createProviderStates(
  { providers, clock, log }: {
    readonly providers: Readonly<Partial<Record<Channel, readonly Provider[]>>>;
    readonly clock: Pick<Clock, "now">;
    readonly log: Log;
  },
): ProviderStates {
  const states = new Map<Provider, ProviderState>();
  for (const candidates of Object.values(providers)) {
    for (const [index, provider] of candidates.entries()) {
      const weight = index === 0 ? WEIGHT.most : WEIGHT.least;
      states.set(provider, createProviderState(weight, clock.now()));
    }
  }
  return {
    get: (provider) => states.get(provider),
    change(provider, to) {
      const before = states.get(provider);
      if (before === undefined) return;
      const next = to(before);
      states.set(provider, next);
      logTransitions(provider, before, next, log);
    },
    entries: () => [...states],
  };
}

function logTransitions(
  { name, channel }: Provider,
  before: ProviderState,
  next: ProviderState,
  log: Log,
): void {
  const of = { provider: name, channel };
  if (before.breaker.phase !== next.breaker.phase) {
    log({
      event: next.breaker.phase === "open" ? "provider-breaker-opened" : "provider-breaker-closed",
      ...of,
      ...(next.breaker.phase === "open" ? { cause: next.breaker.cause } : {}),
      ...(next.lastError === undefined ? {} : { code: next.lastError.code }),
    });
  }
  if (before.fault?.code === next.fault?.code) return;
  log(
    next.fault === undefined
      ? { event: "provider-fault-ended", ...of }
      : { event: "provider-fault", ...of, code: next.fault.code },
  );
}
