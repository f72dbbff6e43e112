import type { Receipt } from "../delivery/receipt.ts";

/** Stores and applies delivery receipts. */
export interface ReceiptStore {
  /**
   * Stores receipts and applies those whose notification is known. Repeated receipts are applied once. Unmatched receipts
   * wait for {@link applyUnmatched}. A status never moves backwards.
   */
  receive(receipts: readonly Receipt[], now: number): Promise<void>;
  /** Applies unmatched receipts of a provider, by its ids of the messages. */
  applyUnmatched(
    provider: string,
    providerMessageIds: readonly string[],
    now: number,
  ): Promise<void>;
  /**
   * Applies receipts that a crash left unapplied: of at most `limit` messages that were received before `before`, in a fixed
   * order from `after` on. Runs with low priority.
   *
   * @param after what the call before returned; the first message when it is left out
   * @returns where to go on, or `undefined` after the last message
   */
  sweep(
    before: number,
    limit: number,
    now: number,
    after?: string,
  ): Promise<string | undefined>;
}
