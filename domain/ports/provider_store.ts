import type { NewAuditEntry } from "../accounts/audit.ts";

/** A pause of a provider that the operator made: no message is sent by it until it ends. */
export interface ProviderPause {
  /** Why; `null` when the operator gave no reason. */
  readonly reason: string | null;
  /** Since when, epoch milliseconds. */
  readonly since: number;
}

/** A fault of our account, sender or stream at a provider, as it reported it. */
export interface ProviderFault {
  /** The provider's error code. */
  readonly code: string;
  /** Since when, epoch milliseconds. */
  readonly since: number;
}

/** What is stored of a provider: the operator's settings, and a fault. */
export interface ProviderSettings {
  /** The provider's `name`. */
  readonly name: string;
  /** Its weight; `null` for the default by its place among the providers of the channel. */
  readonly weight: number | null;
  /** Its rate limit for each process, in messages a second; `null` for none. */
  readonly ratePerSecond: number | null;
  /** The operator's pause; `null` when there is none. */
  readonly pause: ProviderPause | null;
  /** The fault that pauses it until a message is sent by it again; `null` when there is none. */
  readonly fault: ProviderFault | null;
}

/** A change to a provider's settings; absent fields keep their values. */
export interface ProviderChange {
  readonly weight?: number | null;
  readonly ratePerSecond?: number | null;
  /** `null` ends the pause, and deletes the stored fault. */
  readonly pause?: ProviderPause | null;
}

/** Stores the settings of providers, which all processes of a deployment share. */
export interface ProviderStore {
  /** The settings that were ever changed, by name; a provider without a row has the defaults. */
  list(): Promise<readonly ProviderSettings[]>;
  /**
   * Changes a provider's settings. A pause that goes on keeps its beginning.
   *
   * @param now epoch milliseconds
   * @returns the settings afterwards
   */
  change(
    name: string,
    change: ProviderChange,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<ProviderSettings>;
  /**
   * Stores a fault, or that it has ended (`null`). A fault that goes on keeps its beginning.
   *
   * @param now epoch milliseconds
   */
  recordFault(name: string, fault: ProviderFault | null, now: number): Promise<void>;
  /**
   * Names the providers whose receipts are still awaited for messages that they accepted.
   *
   * @returns at most a few names; a provider with nothing but very old messages may be missing
   */
  listAwaited(): Promise<readonly string[]>;
}
