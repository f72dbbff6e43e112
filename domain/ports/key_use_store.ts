import type { KeyId, ServiceId } from "../ids.ts";

/** A use of an API key. Times are epoch milliseconds. */
export interface KeyUse {
  readonly serviceId: ServiceId;
  readonly keyId: KeyId;
  readonly at: number;
  /** Nothing is written when a later use than this is. */
  readonly before: number;
}

/** Stores when API keys were last used. */
export interface KeyUseStore {
  /** Writes uses in one batch. */
  write(uses: readonly KeyUse[]): Promise<void>;
}
