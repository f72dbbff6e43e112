import type { KeyId, ServiceId } from "../ids.ts";

/** The channels that a service can send on. Letters are not supported. */
export const CHANNELS = ["sms", "email", "inbox", "diia"] as const;
/** One of {@link CHANNELS}. */
export type Channel = typeof CHANNELS[number];

/**
 * The kinds of API keys. `live` ("normal" in GOV.UK Notify) sends to everybody, `team` to the guest list only; what
 * `test` sends is only simulated.
 */
export const KEY_KINDS = ["live", "team", "test"] as const;
/** One of {@link KEY_KINDS}. */
export type KeyKind = typeof KEY_KINDS[number];

/** Whether texts keep Unicode characters, or are downgraded to GSM-7 as GOV.UK Notify once did. */
export const SMS_ENCODINGS = ["unicode", "downgrade"] as const;
/** One of {@link SMS_ENCODINGS}. */
export type SmsEncoding = typeof SMS_ENCODINGS[number];

/** The settings of a service, as the operator's API has them. */
export interface ServiceSettings {
  /** The channels that the service may send on. */
  readonly channels: readonly Channel[];
  /** ISO 3166 code of the country of numbers without a country prefix. */
  readonly country: string;
  /** The sender of texts when the service has no default sender; `null` for the deployment's or the provider's. */
  readonly sms_sender: string | null;
  /** Whether texts start with the service's name. */
  readonly sms_prefix: boolean;
  readonly sms_encoding: SmsEncoding;
  /** Whether Ukrainian texts are written in Latin letters: 160 characters a fragment instead of 70. */
  readonly sms_transliterate: boolean;
  /** Whether texts may be sent to other countries than `country`. */
  readonly international_sms: boolean;
  /** Whether texts may be sent to +44 numbers that may be landlines. */
  readonly uk_landlines: boolean;
  /** The display name that e-mails are from; `null` for the service's name. */
  readonly email_from_name: string | null;
  /** The part before the `@` of the address that e-mails are from; `null` for one made from the service's name. */
  readonly email_from_local: string | null;
  /** BCP 47 tag of the language of e-mails. */
  readonly language: string;
  /** `https:` URL of the logo in e-mails. */
  readonly logo_url: string | null;
  /** `#rrggbb` of the banner in e-mails; `null` for the default colour. */
  readonly brand_colour: string | null;
  /** Max requests to send in a minute, for each kind of key: all live keys of the service together, for example. */
  readonly rate_limit_per_minute: number;
  /**
   * Max messages a day of the service's time zone; `null` for the default of the service's mode. Test keys have no
   * daily limit.
   */
  readonly daily_limits: Readonly<Record<Channel | "international_sms", number | null>>;
  /**
   * How many days a notification is kept after it was completed, or else sent, scheduled for or accepted, by channel.
   */
  readonly retention_days: Readonly<Record<Channel, number>>;
  /** IANA name of the service's time zone. */
  readonly time_zone: string;
  /**
   * Times of day (`21:00`) in the service's time zone between which only urgent messages and inbox messages are sent;
   * others wait. `null` for none.
   */
  readonly quiet_hours: { readonly start: string; readonly end: string } | null;
  /**
   * The messaging service at Twilio (`MG…`) that the service's texts are sent by. A sender that the service has set is
   * used with it, and must belong to it. `null` for the deployment's sender.
   */
  readonly twilio_messaging_service_sid: string | null;
  /** The message stream at Postmark that the service's e-mails are sent on; `null` for the deployment's. */
  readonly postmark_message_stream: string | null;
  /** What the service is for, in its team's words; `null` when they have not said so. */
  readonly purpose: string | null;
  /**
   * The share of permanent failures, in percent of the messages of a list that have ended, beyond which the list pauses;
   * 0 for never.
   */
  readonly pause_at_failures: number;
}

/** The settings of a new service. */
export const DEFAULT_SETTINGS: ServiceSettings = {
  channels: CHANNELS,
  country: "GB",
  sms_sender: null,
  sms_prefix: true,
  sms_encoding: "unicode",
  sms_transliterate: false,
  international_sms: true,
  uk_landlines: false,
  email_from_name: null,
  email_from_local: null,
  language: "en",
  logo_url: null,
  brand_colour: null,
  rate_limit_per_minute: 3000,
  daily_limits: { sms: null, email: null, inbox: null, diia: null, international_sms: null },
  retention_days: { sms: 7, email: 7, inbox: 365, diia: 7 },
  time_zone: "UTC",
  quiet_hours: null,
  twilio_messaging_service_sid: null,
  postmark_message_stream: null,
  purpose: null,
  pause_at_failures: 20,
};

type Change<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** A change to settings. Absent and `undefined` fields stay as they are. */
export type SettingsChange =
  & Change<Omit<ServiceSettings, "daily_limits" | "retention_days">>
  & {
    readonly daily_limits?: Change<ServiceSettings["daily_limits"]> | undefined;
    readonly retention_days?: Change<ServiceSettings["retention_days"]> | undefined;
  };

/**
 * Applies a change to settings. Limits and retention of the channels that the change does not name stay as they are.
 */
export function changeSettings(before: ServiceSettings, change: SettingsChange): ServiceSettings {
  return {
    ...before,
    ...withoutUndefined(change),
    daily_limits: { ...before.daily_limits, ...withoutUndefined(change.daily_limits ?? {}) },
    retention_days: { ...before.retention_days, ...withoutUndefined(change.retention_days ?? {}) },
  };
}

function withoutUndefined<T extends object>(
  change: T,
): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(change).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** The last change of a service's time zone, which the days of its daily limits depend on. */
export interface ZoneChange {
  /** When the zone was changed, in epoch milliseconds. */
  readonly at: number;
  /** The number of the day that then was the present one, by the zone before. */
  readonly day: number;
}

/** A trial service sends only to its guest list. */
export type ServiceMode = "trial" | "live";

/**
 * A service: an organisation's account, with its own keys, templates, limits and data key. Times are epoch
 * milliseconds.
 */
export interface Service {
  readonly id: ServiceId;
  readonly name: string;
  readonly mode: ServiceMode;
  /** `false` for an archived service: its keys can neither send nor read. */
  readonly active: boolean;
  /** Increased by every change to the service, its keys, guests, templates or senders. */
  readonly revision: number;
  readonly settings: ServiceSettings;
  /** Absent while the time zone is the one that the service was created with. */
  readonly zoneChange?: ZoneChange | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** An API key without its secret. */
export interface ApiKey {
  readonly id: KeyId;
  readonly name: string;
  readonly kind: KeyKind;
  readonly createdAt: number;
  /** `undefined` while the key was not revoked. Times are epoch milliseconds. */
  readonly revokedAt: number | undefined;
  /** When the key stops working; absent for a key that does not expire. */
  readonly expiresAt?: number | undefined;
  /** When the key was last used, exact to an hour; absent for a key that was not used. */
  readonly lastUsedAt?: number | undefined;
}

/**
 * The guest list of a service: the only recipients to whom team keys may send, and all keys but test keys in trial
 * mode. Addresses and numbers are as typed; they are compared after normalisation.
 */
export interface Guests {
  readonly emailAddresses: readonly string[];
  readonly phoneNumbers: readonly string[];
}

/** The proved addresses and numbers of a service's team as keyed hashes, which do not tell them. */
export interface TeamHashes {
  /** In hexadecimal, sorted. */
  readonly hashes: readonly string[];
  /** The hash of a normalised recipient, in hexadecimal. */
  hash(recipient: string): string;
}

/** The guest list of a service with its team, who are guests without being on the list. */
export interface GuestsWithTeam extends Guests {
  /** Absent for a service without members. */
  readonly team?: TeamHashes | undefined;
}
