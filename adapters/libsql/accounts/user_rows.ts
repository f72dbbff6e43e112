import { ACCOUNT_LANGUAGES, type User, USER_STATES } from "../../../domain/accounts/account.ts";
import type { UserId } from "../../../domain/ids.ts";
import type { Row } from "../connection/database.ts";
import { blob, integer, oneOf, uuid } from "../connection/row.ts";
import type { AccountKey } from "./account_key.ts";

/** The columns of `users AS u` that {@link readUser} reads. */
export const USER_COLUMNS = `u.id AS user_id, u.name AS user_name, u.email AS user_email,
  u.mobile AS user_mobile, u.totp IS NOT NULL AS user_has_totp, u.state AS user_state,
  u.language AS user_language, u.is_operator AS user_is_operator,
  u.created_at AS user_created_at`;

/** Reads and decrypts {@link USER_COLUMNS}. */
export async function readUser(row: Row, key: AccountKey): Promise<User> {
  const id = uuid(row, "user_id") as UserId;
  const [name, emailAddress, mobileNumber] = await Promise.all([
    key.open(blob(row, "user_name"), "user name", id),
    key.open(blob(row, "user_email"), "user email", id),
    row.user_mobile === null ? undefined : key.open(blob(row, "user_mobile"), "user mobile", id),
  ]);
  return {
    id,
    name,
    emailAddress,
    mobileNumber,
    hasTotp: integer(row, "user_has_totp") === 1,
    state: oneOf(row, "user_state", USER_STATES),
    language: oneOf(row, "user_language", ACCOUNT_LANGUAGES),
    isOperator: integer(row, "user_is_operator") === 1,
    createdAt: integer(row, "user_created_at"),
  };
}
