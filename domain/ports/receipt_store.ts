import type { Receipt } from "../delivery/receipt.ts";

/** What providers tell us later. */
export interface ReceiptStore {
  /**
   * Takes receipts in: repeated ones once, those of notifications not known yet parked until
   * {@link applyUnmatched} finds them. Never moves a status backwards.
   */
  receive(receipts: readonly Receipt[], now: number): Promise<void>;
  /** Applies what was parked under these message ids of a provider's. */
  applyUnmatched(
    provider: string,
    providerMessageIds: readonly string[],
    now: number,
  ): Promise<void>;
  /** Applies receipts that came before `before` and were left behind by a crash, at most `limit`. */
  sweep(before: number, limit: number, now: number): Promise<void>;
}
