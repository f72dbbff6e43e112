import type { OutgoingEmail } from "../../../domain/delivery/outgoing_message.ts";
import { toAsciiHost } from "../../../domain/recipient/idna.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import type { RejectedOutcome } from "./http_exchange.ts";

/** Characters that could end a header line or hide in one: control characters and Unicode line breaks. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

const LONE_ADDRESS = /^[^\s\p{C}<>()[\]\\,;:"@]+@[^\s\p{C}<>()[\]\\,;:"@]+$/u;

/**
 * Puts `text` on one line: each run of line breaks and other control characters becomes a space; the ends are trimmed.
 */
export function toOneLine(text: string): string {
  return text.replace(CONTROLS, " ").trim();
}

/** Whether `text` is exactly one bare address (`name@host`), without a display name, brackets, commas or quotes. */
function isLoneAddress(text: string): boolean {
  return LONE_ADDRESS.test(text);
}

/** Whether `name` is a valid name of an e-mail header (the characters are a subset of RFC 5322 section 3.6.8). */
function isHeaderName(name: string): boolean {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name);
}

/**
 * Formats `"name" <address>`, or the address alone when the name is blank. The name is put on one line and escaped as a
 * quoted string (RFC 5322 section 3.2.4); the address is not checked.
 */
export function toMailbox({ name, address }: { name: string; address: string }): string {
  const line = toOneLine(name);
  if (line === "") return address;
  return `"${line.replace(/["\\]/g, "\\$&")}" <${address}>`;
}

/**
 * Encodes the domain of an address by IDNA, as providers take it; an ASCII domain stays as it is.
 *
 * @returns `undefined` when the domain cannot be encoded
 */
function toAsciiDomain(address: string): string | undefined {
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1);
  if (at < 0 || /^\p{ASCII}*$/u.test(domain)) return address;
  const host = toAsciiHost(domain);
  return host === undefined ? undefined : `${address.slice(0, at + 1)}${host}`;
}

/** The parts of an e-mail's head, checked: domains are ASCII, and no text has a line break. */
export interface EmailFields {
  readonly to: string;
  readonly from: { readonly name: string; readonly address: string };
  readonly replyTo: string | undefined;
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Headers that the provider writes itself, in lower case. Postmark refuses a message that has one of them (`Header
 * 'Date' not allowed.`) with the code of a bad address, which would count as a permanent failure of the recipient.
 * Source: Postmark's own Swift Mailer transport, which leaves them out; symfony/symfony#60254, beam-community/bamboo#302
 */
export const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...["date", "from", "sender", "to", "cc", "bcc", "reply-to", "subject"],
  ...["mime-version", "content-type"],
]);

/**
 * Checks the addresses and headers of an e-mail, or returns the outcome `rejected` when it cannot be sent.
 *
 * Domains are encoded by IDNA. Line breaks in names, subjects and header values become spaces. Each address must be
 * exactly one bare address, so that it cannot add a recipient or a header.
 */
export function toEmailFields(message: OutgoingEmail): Result<EmailFields, RejectedOutcome> {
  const to = toAsciiDomain(message.to);
  if (to === undefined || !isLoneAddress(to)) return refuse(badField(true, "bad-recipient"));
  const from = toAsciiDomain(message.from.address);
  if (from === undefined || !isLoneAddress(from)) return refuse(badField(false, "bad-sender"));
  const replyTo = message.replyTo === undefined ? undefined : toAsciiDomain(message.replyTo);
  if (message.replyTo !== undefined && (replyTo === undefined || !isLoneAddress(replyTo))) {
    return refuse(badField(false, "bad-reply-to"));
  }
  const headers = Object.entries(message.headers);
  if (!headers.every(([name]) => isHeaderName(name) && !OWN_HEADERS.has(name.toLowerCase()))) {
    return refuse(badField(false, "bad-header"));
  }
  return ok({
    to,
    from: { name: toOneLine(message.from.name), address: from },
    replyTo,
    subject: toOneLine(message.subject),
    headers: Object.fromEntries(headers.map(([name, value]) => [name, toOneLine(value)])),
  });
}

function badField(permanent: boolean, code: string): RejectedOutcome {
  return { kind: "rejected", permanent, code };
}
