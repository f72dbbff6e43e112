/** Which provider of a channel makes the next attempt. No I/O and no clock: the facts are passed in. */

/** The least and greatest weight of a provider. */
export const WEIGHT = { least: 0, most: 100 } as const;

/**
 * Whether a provider may be called now.
 *
 * - `ready`: it may.
 * - `limited`: it works, but its rate limit is exhausted at this moment.
 * - `probe`: it is held back, and the next message tries whether it works again.
 * - `held`: it is held back: its circuit breaker is open, or it is paused.
 */
export type Availability = "ready" | "limited" | "probe" | "held";

/** The facts about a provider by which one is chosen among several of a channel. */
export interface ProviderFacts {
  /**
   * Its share of the messages, beside the weights of the other providers of the channel; 0 for one that is used only
   * while those with a weight are held back.
   */
  readonly weight: number;
  readonly availability: Availability;
  /** How many messages it may get now; `Infinity` without a rate limit. It counts only when it is `ready`. */
  readonly room: number;
}

/**
 * Why a provider was selected. `only`: the channel has no other. `weight`: by the weights. `failover`: those that come
 * before it are held back. `probe`: to try whether it works again.
 */
export type SelectionReason = "only" | "weight" | "failover" | "probe";

/**
 * The result of a selection: a provider, or none. `held`: the message waits, since no provider may be called now.
 * `no-provider`: the channel has none.
 */
export type Selection<P> =
  | { readonly kind: "selected"; readonly provider: P; readonly reason: SelectionReason }
  | { readonly kind: "held" }
  | { readonly kind: "no-provider" };

const HELD = { kind: "held" } as const;

interface Candidate<P> extends ProviderFacts {
  readonly provider: P;
}

/**
 * Selects the provider of the next attempt.
 *
 * A provider with a weight that is due for a probe comes first; then one of those that are ready, at random by their
 * weights. While one of them only lacks room in its rate limit, the message waits for it. When all of them are held
 * back, the first one of weight 0 that is ready is selected. Without any weight above 0, the first candidate counts as
 * if it had one.
 *
 * @param candidates the providers of a channel, the preferred one first
 * @param factsOf returns the facts of a candidate
 * @param random a number in [0, 1)
 */
export function selectProvider<P>(
  candidates: readonly P[],
  factsOf: (provider: P) => ProviderFacts,
  random: number,
): Selection<P> {
  const [only] = candidates;
  if (only === undefined) return { kind: "no-provider" };
  if (candidates.length === 1) return selectOnly(only, factsOf(only));
  const { active, standby } = split(candidates, factsOf);
  const probed = active.find(({ availability }) => availability === "probe");
  if (probed !== undefined) return select(probed, "probe");
  const weighted = pickByWeight(active.filter(isReady), random);
  if (weighted !== undefined) {
    return select(weighted, "weight");
  }
  if (active.some(({ availability }) => availability === "limited")) return HELD;
  const ready = standby.find(isReady);
  if (ready !== undefined) return select(ready, "failover");
  if (standby.some(({ availability }) => availability === "limited")) return HELD;
  const last = standby.find(({ availability }) => availability === "probe");
  return last === undefined ? HELD : select(last, "probe");
}

/**
 * How many messages of a channel {@link selectProvider} finds a provider for at this moment; `Infinity` when no limit
 * applies. A channel without providers has no limit: its attempts fail and are retried.
 */
export function roomOfChannel<P>(
  candidates: readonly P[],
  factsOf: (provider: P) => ProviderFacts,
): number {
  if (candidates.length === 0) return Infinity;
  const { active, standby } = split(candidates, factsOf);
  const probes = (group: readonly ProviderFacts[]) =>
    group.filter(({ availability }) => availability === "probe").length;
  const room = roomOf(active) + probes(active);
  if (active.some(({ availability }) => availability === "ready" || availability === "limited")) {
    return room;
  }
  const first = standby.find(isReady);
  if (first !== undefined) return room + first.room;
  return standby.some(({ availability }) => availability === "limited")
    ? room
    : room + Math.min(probes(standby), 1);
}

function selectOnly<P>(provider: P, { availability }: ProviderFacts): Selection<P> {
  switch (availability) {
    case "ready":
      return { kind: "selected", provider, reason: "only" };
    case "probe":
      return { kind: "selected", provider, reason: "probe" };
    case "limited":
    case "held":
      return HELD;
  }
}

function select<P>({ provider }: Candidate<P>, reason: SelectionReason): Selection<P> {
  return { kind: "selected", provider, reason };
}

function split<P>(candidates: readonly P[], factsOf: (provider: P) => ProviderFacts) {
  const all = candidates.map((provider): Candidate<P> => ({ provider, ...factsOf(provider) }));
  const active = all.filter(({ weight }) => weight > 0);
  if (active.length > 0) return { active, standby: all.filter(({ weight }) => weight === 0) };
  return {
    active: all.slice(0, 1).map((first) => ({ ...first, weight: WEIGHT.most })),
    standby: all.slice(1),
  };
}

function isReady({ availability }: ProviderFacts): boolean {
  return availability === "ready";
}

function pickByWeight<C extends ProviderFacts>(ready: readonly C[], random: number): C | undefined {
  let left = random * ready.reduce((sum, { weight }) => sum + weight, 0);
  for (const candidate of ready) {
    left -= candidate.weight;
    if (left < 0) return candidate;
  }
  return ready.at(-1);
}

function roomOf(group: readonly ProviderFacts[]): number {
  return group.filter(isReady).reduce((sum, { room }) => sum + room, 0);
}
