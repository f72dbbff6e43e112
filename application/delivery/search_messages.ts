import type { OutgoingMessage } from "../../domain/delivery/outgoing_message.ts";
import { MAX_RETRY_AFTER_MS } from "../../domain/delivery/retry.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { MessageSearch, SearchResult } from "../../domain/ports/provider.ts";
import { createConcurrencyLimit } from "./concurrency_limit.ts";

/** Max questions to one provider at a time about messages of unknown outcome. */
export const MAX_SEARCHES = 4;
/** How long a provider that could not answer is not asked again, in milliseconds, when it does not say how long. */
const SEARCH_PAUSE_MS = 5_000;

/**
 * Asks a provider for messages that equal a message, within {@link MAX_SEARCHES}. After a question that it could not
 * answer it is not asked for a while; the result is then `unavailable`, as it is when `signal` is aborted. Never rejects.
 *
 * @param provider the provider's name
 * @param since messages from before this time, epoch milliseconds, are not found
 */
export type SearchMessages = (
  provider: string,
  search: MessageSearch,
  message: OutgoingMessage,
  since: number,
  signal: AbortSignal,
) => Promise<SearchResult>;

/** Creates the questions of a process to its providers. */
export function createSearchMessages(clock: Pick<Clock, "now">): SearchMessages {
  const pausedUntil = new Map<string, number>();
  const limited = createConcurrencyLimit(MAX_SEARCHES);

  return (provider, search, message, since, signal) =>
    limited(provider, async () => {
      const now = clock.now();
      const pauseMs = (pausedUntil.get(provider) ?? now) - now;
      // A longer pause than any means that the clock was set back.
      if (pauseMs > 0 && pauseMs <= MAX_RETRY_AFTER_MS) {
        return { kind: "unavailable", code: "paused", afterMs: pauseMs };
      }
      if (signal.aborted) return { kind: "unavailable", code: "too-slow" };
      const result = await search.find(message, since, signal).catch((): SearchResult => ({
        kind: "unavailable",
        code: "provider-broken",
      }));
      if (result.kind === "unavailable") {
        const afterMs = Math.min(result.afterMs ?? SEARCH_PAUSE_MS, MAX_RETRY_AFTER_MS);
        pausedUntil.set(provider, clock.now() + afterMs);
      }
      return result;
    });
}
