/** The channels that a recipient can set, and their addresses. No I/O, no clock. */
import { parseEmailAddress } from "../recipient/email_address.ts";
import { allowPhone, parsePhone } from "../recipient/phone.ts";
import { parseRnokpp } from "../recipient/rnokpp.ts";
import { ok, refuse, type Result } from "../result.ts";
import type { ServiceSettings } from "../service/service.ts";

/** The channels that a recipient can set. The inbox is not among them: it is always on. */
export const RECIPIENT_CHANNELS = ["email", "diia", "sms"] as const;
/** A channel of {@link RECIPIENT_CHANNELS}. */
export type RecipientChannel = typeof RECIPIENT_CHANNELS[number];

/** The channel that recipients cannot switch off. */
export const ALWAYS_ON = "inbox";

/** Parses a channel's name in a path; `undefined` for any other text. */
export function parseRecipientChannel(name: string): RecipientChannel | undefined {
  return RECIPIENT_CHANNELS.find((channel) => channel === name);
}

/** A valid address of a channel. */
export interface ChannelAddress {
  /** The address to show and to send to: e-mail as typed, a number with its plus sign, a tax number's ten digits. */
  readonly address: string;
  /** The normalised form, for comparison. */
  readonly normalised: string;
}

/** The settings that decide which telephone numbers are valid. */
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

/** The longest text that is parsed as an address, in UTF-16 units; a longer one is not valid. */
export const MAX_ADDRESS_LENGTH = 500;

/**
 * Parses an address of a channel as typed: an e-mail address, a telephone number (`sms`) or a tax number (`diia`). A
 * text longer than {@link MAX_ADDRESS_LENGTH} is `not-valid`.
 */
export function parseChannelAddress(
  channel: RecipientChannel,
  typed: string,
  rules: AddressRules,
): Result<ChannelAddress, "not-valid"> {
  if (typed.length > MAX_ADDRESS_LENGTH) return NOT_VALID;
  return ADDRESSES[channel](typed, rules);
}
