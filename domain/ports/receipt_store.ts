import type { Receipt, ReceiptKind } from "../delivery/receipt.ts";

/** Max receipts of one message that {@link ReceiptStore.listUnmatched} returns. */
export const MAX_UNMATCHED_LISTED = 20;

/** A receipt that is stored because no notification has its message. */
export interface UnmatchedReceipt {
  readonly kind: ReceiptKind;
  /** When it came, epoch milliseconds. */
  readonly receivedAt: number;
}

/** Stores and applies delivery receipts. */
export interface ReceiptStore {
  /**
   * Stores receipts, and applies those whose notification is known: it changes the status and adds to the timeline. A
   * receipt that comes again is applied once. A receipt whose notification is not known yet (unmatched) is kept for
   * {@link applyUnmatched}. A receipt never moves a status back.
   */
  receive(receipts: readonly Receipt[], now: number): Promise<void>;
  /** Applies unmatched receipts of a provider, by its ids of the messages, after an attempt has recorded these ids. */
  applyUnmatched(
    provider: string,
    providerMessageIds: readonly string[],
    now: number,
  ): Promise<void>;
  /**
   * Lists the stored receipts of a message, which wait for a notification that has it, the first stored first: at most
   * {@link MAX_UNMATCHED_LISTED}.
   */
  listUnmatched(provider: string, providerMessageId: string): Promise<readonly UnmatchedReceipt[]>;
  /**
   * Applies stored receipts that a crash left unapplied, for at most `limit` messages in a fixed order. The upkeep
   * calls it again and again, with low priority.
   *
   * @param before only receipts that were stored before this time, epoch milliseconds
   * @param after the result of the previous call; absent to begin with the first message
   * @returns the position for the next call, or `undefined` after the last message
   */
  sweep(
    before: number,
    limit: number,
    now: number,
    after?: string,
  ): Promise<string | undefined>;
}
