import type { ServiceId } from "../ids.ts";
import type { Result } from "../result.ts";
import type { ChannelAddress, RecipientChannel } from "../recipient_settings/channels.ts";

/** A person: known by their id, within the service that their settings belong to. */
export interface Person {
  readonly serviceId: ServiceId;
  readonly recipientId: string;
}

/** A channel as a person has set it. */
export interface ChannelSetting {
  readonly channel: RecipientChannel;
  readonly activated: boolean;
  /** `null` where a channel was deactivated that never had one. */
  readonly address: string | null;
  readonly deactivationReason: string | null;
}

/** A person's settings; channels that were never touched are not among them. */
export interface RecipientSettings {
  readonly settingsId: string;
  /** In the order of `RECIPIENT_CHANNELS`, each once. */
  readonly channels: readonly ChannelSetting[];
}

/** Where a person can be reached, and wants to be. */
export interface ActivatedChannel {
  readonly channel: RecipientChannel;
  readonly address: string;
}

/** A code that is to prove that an address is a person's own. */
export interface Verification {
  readonly channel: RecipientChannel;
  readonly address: ChannelAddress;
  readonly code: string;
}

/** Why no code is made now. */
export interface TooManyCodes {
  readonly kind: "too-many-codes";
  readonly retryAfterS: number;
}

/** What became of an activation. */
export type Activation =
  | "activated"
  /** Another code, or another address than the code was made for. */
  | "wrong-code"
  | "expired"
  /** There is none, it was used, or it has had its tries. */
  | "spent";

/** The channels of people, and the codes that prove them. */
export interface RecipientSettingsStore {
  /** A person's settings; they get their id when they are first asked for. */
  settings(person: Person, now: number): Promise<RecipientSettings>;
  /**
   * Where these people want to be reached, in one round trip however many they are (10,000 and more). Who has activated
   * nothing is not in the map.
   */
  preferences(
    serviceId: ServiceId,
    recipientIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly ActivatedChannel[]>>;
  /**
   * Keeps the code in place of an earlier one of that person and channel, and charges the person and the address, all
   * at once; over a limit (`CODE_LIMITS`) nothing changes. Only a keyed hash of the code is kept.
   */
  startVerification(
    person: Person,
    verification: Verification,
    now: number,
  ): Promise<Result<void, TooManyCodes>>;
  /**
   * Activates a channel with the address that the code was made for. A try is counted before the code is looked at, so
   * that however many come at once no more than `MAX_CODE_TRIES` are judged; of several right ones one activates, and
   * spends the code with the same write. An earlier reason of deactivation is cleared.
   */
  activate(person: Person, verification: Verification, now: number): Promise<Activation>;
  /** Deactivates a channel, whether it was ever set or not. Without an address the earlier one stays. */
  deactivate(
    person: Person,
    channel: RecipientChannel,
    why: { readonly address: ChannelAddress | undefined; readonly reason: string },
    now: number,
  ): Promise<void>;
}
