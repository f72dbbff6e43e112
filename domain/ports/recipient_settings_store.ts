import type { ServiceId } from "../ids.ts";
import type { PersonId } from "../recipient/realm.ts";
import type { Result } from "../result.ts";
import type { ChannelAddress, RecipientChannel } from "../recipient_settings/channels.ts";

/** A person, identified by their id in access tokens within the service that their settings belong to. */
export interface Person extends PersonId {
  readonly serviceId: ServiceId;
}

/** A channel as a person has set it. */
export interface ChannelSetting {
  readonly channel: RecipientChannel;
  /** Whether messages are sent to the person on this channel. */
  readonly activated: boolean;
  /**
   * An e-mail address as typed, a telephone number with its plus sign, or a tax number; `null` when the channel was
   * deactivated and never had an address.
   */
  readonly address: string | null;
  /** The reason that the deactivation gave; `null` while the channel is activated. */
  readonly deactivationReason: string | null;
}

/** A person's settings: the channels on which they want to get messages. Channels that were never set are absent. */
export interface RecipientSettings {
  /** The id of the settings, which the API returns. */
  readonly settingsId: string;
  /** In the order of `RECIPIENT_CHANNELS`, each once. */
  readonly channels: readonly ChannelSetting[];
}

/** A channel that a person has activated. */
export interface ActivatedChannel {
  readonly channel: RecipientChannel;
  readonly address: string;
}

/**
 * A one-time passcode of six digits. It is sent to the address, so a person who enters it has proved that the address
 * is their own.
 */
export interface Verification {
  readonly channel: RecipientChannel;
  readonly address: ChannelAddress;
  readonly code: string;
}

/** The refusal of a passcode because a rate limit of the person or the address is exceeded. */
export interface TooManyCodes {
  readonly kind: "too-many-codes";
  readonly retryAfterS: number;
}

/** The result of an attempt to activate a channel with a passcode. */
export type Activation =
  | "activated"
  /** The code is wrong, or was created for another address. */
  | "wrong-code"
  /** More than `CODE_TTL_MS` have passed since the code was created. */
  | "expired"
  /** There is no code, it was used, or its attempts are used up. */
  | "spent";

/** Stores the contact settings of people, and the passcodes that verify them. */
export interface RecipientSettingsStore {
  /** Reads a person's settings. They are created, with an id, when they are first read. */
  settings(person: Person, now: number): Promise<RecipientSettings>;
  /**
   * Reads the activated channels of people, in one round trip for any number of them (10,000 and more). The map has no
   * entry for a person without activated channels.
   *
   * @param people the texts of people, as `personText` returns them; they are the keys of the map
   */
  preferences(
    serviceId: ServiceId,
    people: readonly string[],
  ): Promise<ReadonlyMap<string, readonly ActivatedChannel[]>>;
  /**
   * Stores a code, which replaces an earlier one of the same person and channel, and consumes from the rate limits of
   * the person and the address, in one write. Over a limit (`CODE_LIMITS`) nothing changes. Only a keyed hash of the
   * code is stored.
   */
  startVerification(
    person: Person,
    verification: Verification,
    now: number,
  ): Promise<Result<void, TooManyCodes>>;
  /**
   * Activates a channel with the address that the code was created for. The attempt is counted before the code is
   * compared, so that at most `MAX_CODE_TRIES` concurrent attempts are compared. The write that activates also consumes
   * the code, so that only one of several correct attempts succeeds. Clears an earlier reason of deactivation.
   */
  activate(person: Person, verification: Verification, now: number): Promise<Activation>;
  /**
   * Deactivates a channel, even one that was never set. No passcode is needed. Without an address the earlier address
   * stays.
   */
  deactivate(
    person: Person,
    channel: RecipientChannel,
    deactivation: { readonly address: ChannelAddress | undefined; readonly reason: string },
    now: number,
  ): Promise<void>;
}
