import type { Clock } from "../../domain/ports/clock.ts";
import type { ClaimedRow, Outbox } from "../../domain/ports/outbox.ts";
import type { Channel } from "../../domain/service/service.ts";
import { LEASE_MS } from "./attempts.ts";

/** How often messages are looked for that wait for their providers and must not wait for longer, in milliseconds. */
const OVERDUE_INTERVAL_MS = 1_000;

/** The parts of the dispatcher that {@link createOverdueEnd} uses. */
interface OverdueSteps {
  /** Returns the time of claims. */
  readonly claimTime: () => Promise<number>;
  /** The channels whose providers take no message now. */
  readonly heldChannels: () => readonly Channel[];
  /** Ends those of the rows that are too late or too old, and gives back the others. Never rejects. */
  readonly end: (rows: readonly ClaimedRow[]) => Promise<void>;
}

/**
 * Creates the step of a dispatch that ends messages of channels whose providers take none now, when the messages are
 * too late (`valid_until`) or 72 hours old. Nothing else claims such messages. It looks for them once a second at most.
 *
 * @returns a function that claims such rows and starts to end them. Its `claimed` is always 0, so that these rows do
 * not prolong the dispatch
 */
export function createOverdueEnd(
  { clock, outbox }: {
    readonly clock: Pick<Clock, "now">;
    readonly outbox: Pick<Outbox, "claimOverdue">;
  },
  { claimTime, heldChannels, end }: OverdueSteps,
): () => Promise<{ readonly claimed: 0; readonly ended: Promise<void> }> {
  let lookedAt = -Infinity;
  return async () => {
    const channels = heldChannels();
    const now = clock.now();
    if (channels.length === 0 || Math.abs(now - lookedAt) < OVERDUE_INTERVAL_MS) {
      return { claimed: 0, ended: Promise.resolve() };
    }
    lookedAt = now;
    return {
      claimed: 0,
      ended: end(await outbox.claimOverdue(await claimTime(), channels, LEASE_MS)),
    };
  };
}
