/** The channels that a person can set, and their addresses. No I/O, no clock. */
import { parseEmailAddress } from "../recipient/email_address.ts";
import { allowPhone, parsePhone } from "../recipient/phone.ts";
import { parseRnokpp } from "../recipient/rnokpp.ts";
import { ok, refuse, type Result } from "../result.ts";
import type { ServiceSettings } from "../service/service.ts";

/** The channels that a person can set. The inbox is not among them: it is always on. */
export const RECIPIENT_CHANNELS = ["email", "diia", "sms"] as const;
export type RecipientChannel = typeof RECIPIENT_CHANNELS[number];

/** The channel that is always on. */
export const ALWAYS_ON = "inbox";

/** Reads a channel's name as addresses have it; `undefined` for any other. */
export function parseRecipientChannel(name: string): RecipientChannel | undefined {
  return RECIPIENT_CHANNELS.find((channel) => channel === name);
}

/** An address of a channel that messages could be sent to. */
export interface ChannelAddress {
  /** As it is shown and sent to: e-mail as typed, a number with its plus sign, ten digits of a tax number. */
  readonly address: string;
  /** In the one form in which addresses are compared. */
  readonly normalised: string;
}

/** Where numbers are read, and what numbers may be sent to. */
export type AddressRules = Pick<
  ServiceSettings,
  "country" | "international_sms" | "uk_landlines"
>;

type ParseAddress = (typed: string, rules: AddressRules) => Result<ChannelAddress, "not-valid">;

const ADDRESSES = {
  email: (typed) => parseEmailAddress(typed),
  diia(typed) {
    const digits = parseRnokpp(typed);
    return digits.ok ? ok({ address: digits.value, normalised: digits.value }) : NOT_VALID;
  },
  sms(typed, rules) {
    const phone = parsePhone(typed, rules);
    if (!phone.ok) return NOT_VALID;
    const allowed = allowPhone(phone.value, {
      international: rules.international_sms,
      landline: rules.uk_landlines,
    });
    if (!allowed.ok) return NOT_VALID;
    const { normalised } = phone.value;
    return ok({ address: `+${normalised}`, normalised });
  },
} as const satisfies Record<RecipientChannel, ParseAddress>;

const NOT_VALID = refuse("not-valid" as const);

/** The most characters of an address as typed: no longer one is read. */
export const MAX_ADDRESS_LENGTH = 500;

/** Reads an address of a channel as typed. */
export function parseChannelAddress(
  channel: RecipientChannel,
  typed: string,
  rules: AddressRules,
): Result<ChannelAddress, "not-valid"> {
  if (typed.length > MAX_ADDRESS_LENGTH) return NOT_VALID;
  return ADDRESSES[channel](typed, rules);
}
