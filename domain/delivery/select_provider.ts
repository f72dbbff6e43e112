/** Which provider of a channel makes the next attempt. No I/O and no clock: the facts are passed in. */

/** The known state of the providers, for the choice among several of one channel. */
export interface ProviderFacts {
  /** Names of the providers at which attempts are expected to fail. */
  readonly failing: ReadonlySet<string>;
}

/** The facts when every provider is expected to work. */
export const ALL_HEALTHY: ProviderFacts = { failing: new Set() };

/**
 * Selects the first candidate that is not failing. When all of them are, it is the first: an attempt there is
 * retried later like any other.
 *
 * @param candidates the providers of a channel, the preferred one first
 * @returns `undefined` when there are no candidates
 */
export function selectProvider<P extends { readonly name: string }>(
  candidates: readonly P[],
  { failing }: ProviderFacts,
): P | undefined {
  return candidates.find(({ name }) => !failing.has(name)) ?? candidates[0];
}
