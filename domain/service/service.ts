import type { KeyId, ServiceId } from "../ids.ts";

/** The channels that a service can send on. A letter is known only to be refused. */
export const CHANNELS = ["sms", "email", "inbox", "diia"] as const;
export type Channel = typeof CHANNELS[number];

/** How a key may be used; `live` is the peer's "normal". */
export const KEY_KINDS = ["live", "team", "test"] as const;
export type KeyKind = typeof KEY_KINDS[number];

/** How a text is made to fit GSM-7: not at all, or by the peer's older rules. */
export const SMS_ENCODINGS = ["unicode", "downgrade"] as const;
export type SmsEncoding = typeof SMS_ENCODINGS[number];

/** What a service has chosen; every field has a default. */
export interface ServiceSettings {
  readonly channels: readonly Channel[];
  /** ISO 3166 code of the country in which numbers are read that have no country prefix. */
  readonly country: string;
  readonly sms_sender: string | null;
  /** Put the service's name before texts. */
  readonly sms_prefix: boolean;
  readonly sms_encoding: SmsEncoding;
  /** Ukrainian texts in Latin letters: a text then holds 160 characters a fragment and not 70. */
  readonly sms_transliterate: boolean;
  readonly international_sms: boolean;
  readonly uk_landlines: boolean;
  readonly email_from_name: string | null;
  readonly email_from_local: string | null;
  /** BCP 47 tag of the language that its e-mails are written in. */
  readonly language: string;
  /** `https:` address of a picture above e-mails. */
  readonly logo_url: string | null;
  /** `#rrggbb` behind the service's name in e-mails; `null` is Hark's own. */
  readonly brand_colour: string | null;
  /** Requests to send a minute, for each kind of key. */
  readonly rate_limit_per_minute: number;
  /** Messages a day (UTC); `null` takes the default of the service's mode. */
  readonly daily_limits: Readonly<Record<Channel | "international_sms", number | null>>;
  readonly retention_days: Readonly<Record<Channel, number>>;
  /** IANA name of the zone of the service. */
  readonly time_zone: string;
  /** Times of day (`21:00`) in the service's zone between which only what is urgent goes out. */
  readonly quiet_hours: { readonly start: string; readonly end: string } | null;
}

/** A service's settings when it has chosen nothing. */
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
};

type Change<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** A change to settings, field by field; what is absent stays. */
export type SettingsChange =
  & Change<Omit<ServiceSettings, "daily_limits" | "retention_days">>
  & {
    readonly daily_limits?: Change<ServiceSettings["daily_limits"]> | undefined;
    readonly retention_days?: Change<ServiceSettings["retention_days"]> | undefined;
  };

/** The settings after a change. */
export function changeSettings(before: ServiceSettings, change: SettingsChange): ServiceSettings {
  return {
    ...before,
    ...given(change),
    daily_limits: { ...before.daily_limits, ...given(change.daily_limits ?? {}) },
    retention_days: { ...before.retention_days, ...given(change.retention_days ?? {}) },
  };
}

function given<T extends object>(change: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(change).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** A trial service sends only to its guest list. */
export type ServiceMode = "trial" | "live";

/** A service: the unit of isolation. All times are epoch milliseconds. */
export interface Service {
  readonly id: ServiceId;
  readonly name: string;
  readonly mode: ServiceMode;
  /** An archived service is not active: it can neither send nor read. */
  readonly active: boolean;
  /** Raised by every change to the service, its keys, guests, templates or senders. */
  readonly revision: number;
  readonly settings: ServiceSettings;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A key of a service without its secret. */
export interface ApiKey {
  readonly id: KeyId;
  readonly name: string;
  readonly kind: KeyKind;
  readonly createdAt: number;
  readonly revokedAt: number | undefined;
}

/** Those whom a trial service or a team key may send to: as typed, compared after normalisation. */
export interface Guests {
  readonly emailAddresses: readonly string[];
  readonly phoneNumbers: readonly string[];
}
