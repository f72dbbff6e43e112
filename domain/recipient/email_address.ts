import { ok, refuse, type Result } from "../result.ts";
import { toAsciiHost } from "./idna.ts";
import { stripWhitespace } from "./whitespace.ts";

/** An e-mail address that can be sent to. */
export interface EmailAddress {
  /** The address as typed, without invisible characters and without blanks at its ends. */
  readonly address: string;
  /** The address in lower case, for sending and for comparisons. */
  readonly normalised: string;
}

/** The message for an e-mail address that is refused, for people and in the API alike. */
export const EMAIL_MESSAGE = "Not a valid email address";

const MAX_ADDRESS_LENGTH = 320;
const MAX_HOST_LENGTH = 253;
const MAX_LABEL_LENGTH = 63;
const ADDRESS = /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@([^.@][^@\s]+)$/u;
/**
 * Invisible marks that address books add, beside those of `stripWhitespace`. GOV.UK Notify keeps soft hyphens and
 * refuses embeddings (U+202A to 202E), and so does this parser; lists of recipients lose these too.
 */
const REMOVED_MARK = /[\u061c\u200e\u200f\u2061-\u2064\u2066-\u206f]/;
const REMOVED_MARKS = new RegExp(REMOVED_MARK, "g");
const LABEL = /^(?:xn|[a-z0-9]+)(?:-?-[a-z0-9]+)*$/i;
const TOP_LABEL = /^(?:[a-z]{2,63}|xn--(?:[a-z0-9]+-)*[a-z0-9]+)$/i;
/** Most hosts: in ASCII, in lower case, without hyphens. */
const PLAIN_HOST = /^(?:[a-z0-9]{1,63}\.)+[a-z]{2,63}$/;

function isHost(host: string): boolean {
  if (host.length <= MAX_HOST_LENGTH && PLAIN_HOST.test(host)) return true;
  const ascii = toAsciiHost(host);
  if (ascii === undefined || ascii.length > MAX_HOST_LENGTH) return false;
  const labels = ascii.split(".");
  const top = labels.at(-1);
  return labels.length >= 2 && top !== undefined && TOP_LABEL.test(top) &&
    labels.every((label) => label.length <= MAX_LABEL_LENGTH && LABEL.test(label));
}

/**
 * Parses an e-mail address as strictly as GOV.UK Notify does, after removing direction marks: no quotes, comments or
 * address literals, ASCII before the `@`, and a host of two labels or more, which may be internationalised.
 *
 * Source: `recipient_validation/email_address.py` of its utilities.
 */
export function parseEmailAddress(typed: string): Result<EmailAddress, "not-valid"> {
  const address = stripWhitespace(
    REMOVED_MARK.test(typed) ? typed.replace(REMOVED_MARKS, "") : typed,
  );
  const host = ADDRESS.exec(address)?.[1];
  if (host === undefined || address.includes("..")) return refuse("not-valid");
  // Its units are counted first: characters are counted in a copy, and few addresses are so long.
  const isTooLong = address.length > MAX_ADDRESS_LENGTH &&
    [...address].length > MAX_ADDRESS_LENGTH;
  if (isTooLong || !isHost(host)) return refuse("not-valid");
  return ok({ address, normalised: address.toLowerCase() });
}
