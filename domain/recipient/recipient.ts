/** Compares recipients by their normalised forms. */
import type { Channel, GuestsWithTeam } from "../service/service.ts";
import { parseEmailAddress } from "./email_address.ts";
import { parsePhone } from "./phone.ts";

/**
 * Normalises a recipient for comparisons: a valid telephone number to its digits, a valid e-mail address to lower case.
 * Another string is returned unchanged; another value becomes an empty string.
 *
 * @param country ISO 3166 code of the region that numbers without a country prefix belong to; `GB` by default
 */
export function formatRecipient(value: unknown, country?: string): string {
  if (typeof value !== "string") return "";
  const phone = parsePhone(value, country === undefined ? {} : { country });
  if (phone.ok) return phone.value.normalised;
  const email = parseEmailAddress(value);
  return email.ok ? email.value.normalised : value;
}

/** Whether a recipient is on a guest list. */
type GuestCheck = (recipient: unknown) => boolean;

/**
 * The checks of lists that were checked before. With its team a service can have hundreds of guests, and a cached service
 * keeps its list: normalising 1,000 numbers anew for each text would take 70 ms.
 */
const checks = new WeakMap<GuestsWithTeam, Map<string, GuestCheck>>();

/**
 * Returns a function that returns whether a recipient is on the guest list or of the team. It normalises each list once.
 * `options` are those of {@link isGuest}. A string that is no valid recipient must be listed literally; a value that is
 * no string is never a guest.
 */
export function createGuestCheck(
  guests: GuestsWithTeam,
  options: { readonly channel?: Channel; readonly country?: string } = {},
): GuestCheck {
  const name = `${options.channel ?? ""} ${options.country ?? ""}`;
  const ofList = checks.get(guests) ?? new Map<string, GuestCheck>();
  checks.set(guests, ofList);
  const check = ofList.get(name) ?? newGuestCheck(guests, options);
  ofList.set(name, check);
  return check;
}

function newGuestCheck(
  guests: GuestsWithTeam,
  options: { readonly channel?: Channel; readonly country?: string },
): GuestCheck {
  const listed = new Set(
    [
      ...options.channel === "email" ? [] : guests.phoneNumbers,
      ...options.channel === "sms" ? [] : guests.emailAddresses,
    ].map((guest) => formatRecipient(guest, options.country)),
  );
  const { team } = guests;
  const ofTeam = new Set(team?.hashes);
  return (recipient) => {
    const formatted = formatRecipient(recipient, options.country);
    if (formatted === "") return false;
    return listed.has(formatted) || (team !== undefined && ofTeam.has(team.hash(formatted)));
  };
}

/**
 * Whether a recipient, as typed or normalised, is on the guest list or of the team. A string that is no valid recipient must be listed
 * literally; a value that is no string is never a guest. The list must not be changed afterwards.
 *
 * @param options.channel `sms` compares with the telephone numbers only, and `email` with the addresses only; by
 * default, and for other channels, it compares with both
 * @param options.country ISO 3166 code of the region that numbers without a country prefix belong to; `GB` by default
 */
export function isGuest(
  recipient: unknown,
  guests: GuestsWithTeam,
  options: { readonly channel?: Channel; readonly country?: string } = {},
): boolean {
  return createGuestCheck(guests, options)(recipient);
}
