import { parseEmailAddress } from "../recipient/email_address.ts";
import { parsePhone } from "../recipient/phone.ts";

/** The most e-mail addresses, and the most telephone numbers, of a guest list. */
export const MAX_GUESTS = 5;

/** Whether a text is an e-mail address that a guest list can have. */
export function isGuestAddress(typed: string): boolean {
  return parseEmailAddress(typed).ok;
}

/**
 * Whether a text is a telephone number that a guest list can have. Numbers without a country prefix are read as numbers
 * of `country` (ISO 3166, two letters).
 */
export function isGuestNumber(typed: string, country: string): boolean {
  return parsePhone(typed, { country }).ok;
}
