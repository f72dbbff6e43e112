import type { OutgoingMessage } from "../../domain/delivery/outgoing_message.ts";
import { MAX_RETRY_AFTER_MS } from "../../domain/delivery/retry.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { MessageSearch, SearchResult } from "../../domain/ports/provider.ts";
import type { PerInvocation } from "../../domain/ports/invocation.ts";
import { inOneProcess } from "../work_budget.ts";
import { createConcurrencyLimit } from "./concurrency_limit.ts";

/** Max questions to one provider at a time, in one process, about messages of unknown outcome. Further ones wait. */
export const MAX_SEARCHES = 4;
/** How long a provider that could not answer is not asked again, in milliseconds, when it does not say how long. */
const SEARCH_PAUSE_MS = 5_000;

/**
 * Asks a provider whether it has messages equal to `message`, in at most {@link MAX_SEARCHES} concurrent questions.
 * After a question that the provider could not answer, it is not asked for as long as it says, or for 5 seconds;
 * meanwhile the result is `unavailable`. So it is when `signal` is aborted. Never rejects.
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

/** Creates the function by which a process asks its providers. */
export function createSearchMessages(
  clock: Pick<Clock, "now">,
  perInvocation: PerInvocation = inOneProcess,
): SearchMessages {
  const pausedUntil = new Map<string, number>();
  const limited = perInvocation(() => createConcurrencyLimit(MAX_SEARCHES));

  return (provider, search, message, since, signal) =>
    limited()(provider, async () => {
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
