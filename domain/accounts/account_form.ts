/** Checks the fields of the forms of accounts. */
import { type EmailAddress, parseEmailAddress } from "../recipient/email_address.ts";
import { ok, refuse, type Result } from "../result.ts";
import { hasInvisible, isBlank } from "../service/one_line_name.ts";
import { removeControlCharacters } from "../text/pasted_text.ts";
import { checkPassword } from "./password_rules.ts";
import type { FieldRefusal } from "./refusals.ts";

/** Max length of a person's name, in characters. */
const MAX_NAME_CHARACTERS = 255;

/**
 * Parses a person's name. One with invisible characters is refused: it could look like another person's.
 *
 * @returns it without control characters and without blanks at its ends
 */
export function parseName(typed: string): Result<string, FieldRefusal> {
  const name = removeControlCharacters(typed.toWellFormed()).replaceAll(/\s+/g, " ").trim();
  if (isBlank(name)) return refuse({ kind: "name", because: "missing" });
  if ([...name].length > MAX_NAME_CHARACTERS) return refuse({ kind: "name", because: "too-long" });
  return hasInvisible(name) ? refuse({ kind: "name", because: "invisible" }) : ok(name);
}

/** Parses an e-mail address. */
export function parseAccountEmail(typed: string): Result<EmailAddress, FieldRefusal> {
  const parsed = parseEmailAddress(typed);
  return parsed.ok ? parsed : refuse({ kind: "email-address", because: "not-valid" });
}

/** Checks a new password. @param ownTexts the person's name and address */
export function parseNewPassword(
  password: string,
  ownTexts: readonly string[],
): Result<string, FieldRefusal> {
  const because = checkPassword(password, ownTexts);
  return because === undefined ? ok(password) : refuse({ kind: "password", because });
}
