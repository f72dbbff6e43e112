/** What is wrong with a cell. */
import { EMAIL_MESSAGE, parseEmailAddress } from "../recipient/email_address.ts";
import { allowPhone, parsePhone, PHONE_MESSAGES, type PhoneCode } from "../recipient/phone.ts";
import { parseRecipientId } from "../recipient/recipient_id.ts";
import { parseRnokpp } from "../recipient/rnokpp.ts";
import type { Template } from "../template/template.ts";
import type { Keyed } from "./cells.ts";
import type { Columns } from "./columns.ts";

/** Why a cell is not taken: a value is missing, or the recipient cannot be sent to. */
export type CellError =
  | "missing"
  | "not_valid_email"
  | "not_valid_recipient_id"
  | "not_valid_rnokpp"
  | PhoneCode;

/** To which telephone numbers texts may go. */
export interface PhoneRules {
  readonly international: boolean;
  readonly landline: boolean;
  /** ISO 3166 code of the region in which numbers without prefix are read; `GB` when left out. */
  readonly country?: string | undefined;
}

/** The peer's words to people for an error of a cell. */
export function cellMessage(error: CellError): string {
  switch (error) {
    case "missing":
      return "Missing";
    case "not_valid_email":
      return EMAIL_MESSAGE;
    case "not_valid_recipient_id":
      return "Not a recipient's id";
    case "not_valid_rnokpp":
      return "Not a taxpayer's number: ten digits with a right check digit";
    default:
      return PHONE_MESSAGES[error].people;
  }
}

/** What is wrong with a telephone number as typed; `undefined` if nothing is. */
export type ValidatePhone = (typed: string) => CellError | undefined;

/** Judges one number by the rules. */
export function validatePhone(typed: string, rules: PhoneRules): CellError | undefined {
  const { country } = rules;
  const parsed = parsePhone(typed, country === undefined ? {} : { country });
  if (!parsed.ok) return parsed.refusal.code;
  const allowed = allowPhone(parsed.value, rules);
  return allowed.ok ? undefined : allowed.refusal.code;
}

function recipientError(
  typed: string,
  channel: Template["channel"],
  phone: ValidatePhone,
): CellError | undefined {
  switch (channel) {
    case "sms":
      return phone(typed);
    case "email":
      return parseEmailAddress(typed).ok ? undefined : "not_valid_email";
    case "inbox":
      return parseRecipientId(typed) === undefined ? "not_valid_recipient_id" : undefined;
    case "diia":
      return parseRnokpp(typed).ok ? undefined : "not_valid_rnokpp";
  }
}

/**
 * What is wrong with a cell; `undefined` if nothing is. Only cells that the message uses can be wrong.
 *
 * Where the file has several columns for the recipient, that is the error, and no recipient is said to be missing.
 */
export function findCellError(
  { key, data }: Keyed,
  columns: Columns,
  channel: Template["channel"],
  phone: ValidatePhone,
): CellError | undefined {
  if (key === columns.recipientKey) {
    if (typeof data === "string") return recipientError(data, channel, phone);
    return columns.duplicateRecipients.length > 0 ? undefined : "missing";
  }
  return data === null && key !== null && columns.usedKeys.has(key) ? "missing" : undefined;
}
