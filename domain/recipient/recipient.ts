/** Comparing recipients: two are the same when their normalised forms are equal. */
import type { Channel, Guests } from "../service/service.ts";
import { parseEmailAddress } from "./email_address.ts";
import { parsePhone } from "./phone.ts";

/**
 * The form in which recipients are compared: a valid number's digits, else a valid address in lower case, else the
 * text as it is; an empty text for what is no text.
 *
 * @param country ISO 3166 code of the region in which numbers without prefix are read; `GB` when left out
 */
export function formatRecipient(value: unknown, country?: string): string {
  if (typeof value !== "string") return "";
  const phone = parsePhone(value, country === undefined ? {} : { country });
  if (phone.ok) return phone.value.normalised;
  const email = parseEmailAddress(value);
  return email.ok ? email.value.normalised : value;
}

/** Whether two recipients, as typed, are the same one. Two values that are no text are not. */
export function sameRecipient(one: unknown, other: unknown, country?: string): boolean {
  const formatted = formatRecipient(one, country);
  return formatted !== "" && formatted === formatRecipient(other, country);
}

/** A guest list that is looked at many times: {@link isGuest}, its guests read once. */
export function createGuestCheck(
  guests: Guests,
  options: { readonly channel?: Channel; readonly country?: string } = {},
): (recipient: unknown) => boolean {
  const listed = new Set(
    [
      ...options.channel === "email" ? [] : guests.phoneNumbers,
      ...options.channel === "sms" ? [] : guests.emailAddresses,
    ].map((guest) => formatRecipient(guest, options.country)),
  );
  return (recipient) => {
    const formatted = formatRecipient(recipient, options.country);
    return formatted !== "" && listed.has(formatted);
  };
}

/**
 * Whether a recipient, as typed or normalised, is on the guest list.
 *
 * @param channel looks only at the guests of that channel; at all of them when left out
 */
export function isGuest(
  recipient: unknown,
  guests: Guests,
  options: { readonly channel?: Channel; readonly country?: string } = {},
): boolean {
  return createGuestCheck(guests, options)(recipient);
}
