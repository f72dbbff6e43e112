import type { ServiceId } from "../ids.ts";
import type { Sender } from "../service/sender.ts";

/** What is stored of a service beside its row, for the page of its settings. */
export interface StoredServiceSettings {
  /** Its senders of texts and reply-to addresses, oldest first. */
  readonly senders: readonly Sender[];
  /** The values of counters by name; a counter without a value is absent. */
  readonly counters: ReadonlyMap<string, number>;
}

/** Reads what the page of a service's settings shows. */
export interface ServiceSettingsStore {
  /** Reads the senders, and the counters with some names, with one call. */
  read(serviceId: ServiceId, scopes: readonly string[]): Promise<StoredServiceSettings>;
}
