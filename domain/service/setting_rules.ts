/** What values the settings and senders of a service may have. Bounds are inclusive. */
import { isSupportedCountry } from "libphonenumber-js/max";
import { parseTimeOfDay } from "../delivery/decide_delivery.ts";
import { toLogoUrl } from "../template/email/brand.ts";
import { isLanguageTag } from "../template/language.ts";

/** The greatest share, in percent. */
export const MAX_PERCENT = 100;

/** Reads a share that was typed as a whole number of percent, 0 to {@link MAX_PERCENT}. */
export function parsePercent(typed: string): number | undefined {
  const share = /^\d{1,3}$/.test(typed) ? Number(typed) : undefined;
  return share === undefined || share > MAX_PERCENT ? undefined : share;
}

/** The greatest rate limit (requests a minute) and daily limit (messages). */
export const MAX_LIMIT = 100_000_000;
/** The least and greatest retention of messages, in days. */
export const RETENTION_DAYS = { least: 3, most: 90 } as const;
/** The greatest retention of inbox messages, in days: ten years, since recipients use the inbox as an archive. */
export const INBOX_RETENTION_DAYS_MOST = 3_650;
/** The longest URL of a logo, in UTF-16 units. */
export const MAX_LOGO_URL = 2_000;
/** The longest purpose of a service, in UTF-16 units. */
export const MAX_PURPOSE = 500;
/** The longest part before the `@`, in UTF-16 units. */
export const MAX_LOCAL_PART = 64;

/**
 * The sender of text messages: 3 to 11 letters, digits, blanks and `&+-_`, at least one of them a letter, as Twilio takes
 * them; or a number of 3 to 15 digits.
 */
export const SMS_SENDER = /^(?=.*[A-Za-z])[A-Za-z0-9 &+\-_]{3,11}$|^\+?[0-9]{3,15}$/;
/** The part before the `@`: lower-case letters and digits, with single `.`, `_` or `-` between them. */
export const LOCAL_PART = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
/** A colour as `#rrggbb`. */
export const BRAND_COLOUR = /^#[0-9a-fA-F]{6}$/;
/** The SID of a messaging service at Twilio. */
export const MESSAGING_SERVICE_SID = /^MG[0-9a-fA-F]{32}$/;
/** The id of a message stream at Postmark. */
export const MESSAGE_STREAM = /^[a-z][a-z0-9_-]{0,29}$/;

/** Whether a text is an `https:` address that a logo can have. */
export function isLogoUrl(text: string): boolean {
  return text.length <= MAX_LOGO_URL && toLogoUrl(text) !== undefined;
}

/**
 * Whether a text can be the purpose of a service: lines of text, not only blanks, without lone surrogates and control
 * characters but line feeds and tabs, and at most {@link MAX_PURPOSE} long.
 */
export function isPurpose(text: string): boolean {
  return isLinesOfText(text, MAX_PURPOSE);
}

/**
 * Whether a text is lines of text, not only blanks, without lone surrogates and control characters but line feeds and
 * tabs.
 *
 * @param longest its greatest length, in UTF-16 units
 */
export function isLinesOfText(text: string, longest: number): boolean {
  return text.length <= longest && text.trim() !== "" &&
    !/[\p{Cc}\p{Cs}]/u.test(text.replaceAll(/[\n\t]/g, ""));
}

/** Whether a text is a time of day such as `21:30`. */
export function isTimeOfDay(text: string): boolean {
  return parseTimeOfDay(text) !== undefined;
}

/** Whether quiet hours that begin and end at these times of day have a length. */
export function areQuietHours({ start, end }: { readonly start: string; readonly end: string }) {
  return start !== end;
}

/** Whether a text is a country's two capital letters (ISO 3166) whose telephone numbers can be read. */
export function isKnownCountry(country: string): boolean {
  return /^[A-Z]{2}$/.test(country) && isSupportedCountry(country);
}

/** Whether a text is a language tag such as `en`, `cy` or `uk-UA` (BCP 47). */
export function isKnownLanguage(tag: string): boolean {
  if (!isLanguageTag(tag)) return false;
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

/** Whether a text is an IANA time zone such as `Europe/Kyiv`. */
export function isTimeZone(zone: string): boolean {
  // Intl accepts offsets such as +02:00, which have no daylight saving time.
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
