import type { Bytes } from "../../crypto/envelope_encryption.ts";
import type { Database } from "../connection/database.ts";
import { blob, rowsOf, uuid } from "../connection/row.ts";
import type { AccountKey } from "./account_key.ts";

/** Reads the address that an invitation's link proves. */
export async function readInvitationAddress(
  db: Pick<Database, "readPoint">,
  key: AccountKey,
  token: string,
): Promise<{ readonly holder: Bytes; readonly emailAddress: string } | undefined> {
  const holder = await key.hashToken("invitation", token);
  const results = await db.readPoint([{
    sql: "SELECT id, email FROM invitations WHERE token_hash = ?",
    args: [holder],
  }]);
  const [row] = rowsOf(results, 0);
  if (row === undefined) return undefined;
  const emailAddress = await key.open(blob(row, "email"), "invitation email", uuid(row, "id"));
  return { holder, emailAddress };
}
