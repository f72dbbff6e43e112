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
  /** Applies receipts of at most `limit` messages that were received before `before` and that a crash left unapplied. */
  sweep(before: number, limit: number, now: number): Promise<void>;
}
