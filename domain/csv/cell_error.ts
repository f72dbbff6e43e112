/** The errors of cells. */
import { EMAIL_MESSAGE, parseEmailAddress } from "../recipient/email_address.ts";
import { PHONE_MESSAGES, type PhoneCode } from "../recipient/phone.ts";
import { parseRecipientId } from "../recipient/recipient_id.ts";
import { parseRnokpp } from "../recipient/rnokpp.ts";
import type { Template } from "../template/template.ts";
import type { Keyed } from "./cells.ts";
import type { Columns } from "./columns.ts";

/** Why a cell is refused: a value is missing, or the recipient is not valid. */
export type CellError =
  | "missing"
  | "not_valid_email"
  | "not_valid_recipient_id"
  | "not_valid_rnokpp"
  | PhoneCode;

/** Which telephone numbers a service may send to. */
export interface PhoneRules {
  /** Whether numbers with another calling code than that of `country` are allowed. */
  readonly international: boolean;
  /** Whether +44 numbers that may be landlines are allowed. */
  readonly landline: boolean;
  /** ISO 3166 code of the region that numbers without a country prefix belong to; `GB` by default. */
  readonly country?: string | undefined;
}

/** The English message for people, in GOV.UK Notify's words where it has the error. It does not quote the cell. */
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

/** Finds the error of a telephone number as typed. @returns `undefined` when it is valid */
export type FindPhoneError = (typed: string) => CellError | undefined;

function recipientError(
  typed: string,
  channel: Template["channel"],
  findPhoneError: FindPhoneError,
): CellError | undefined {
  switch (channel) {
    case "sms":
      return findPhoneError(typed);
    case "email":
      return parseEmailAddress(typed).ok ? undefined : "not_valid_email";
    case "inbox":
      return parseRecipientId(typed) === undefined ? "not_valid_recipient_id" : undefined;
    case "diia":
      return parseRnokpp(typed).ok ? undefined : "not_valid_rnokpp";
  }
}

/**
 * Finds the error of a cell. A cell in a column that the message does not use has none.
 *
 * When several columns hold recipients, the headers have an error, and no row reports its recipient as missing.
 *
 * @returns `undefined` when the cell is valid
 */
export function findCellError(
  { key, data }: Keyed,
  columns: Columns,
  channel: Template["channel"],
  findPhoneError: FindPhoneError,
): CellError | undefined {
  if (key === columns.recipientKey) {
    if (typeof data === "string") return recipientError(data, channel, findPhoneError);
    return columns.duplicateRecipients.length > 0 ? undefined : "missing";
  }
  return data === null && key !== null && columns.usedKeys.has(key) ? "missing" : undefined;
}
