import type { UserId } from "../../../domain/ids.ts";
import type { AccountStore, RegistrationLink } from "../../../domain/ports/account_store.ts";
import { blob, idBytes, rowsOf, uuid } from "../connection/row.ts";
import { takeLink, toTake } from "./code_marks.ts";
import { createAccountStateStore } from "./account_states.ts";
import { createCredentialStore } from "./credentials.ts";
import { hasOperator } from "./has_operator.ts";
import { readInvitationAddress } from "./invitation_rows.ts";
import { type AccountStorePorts, readLink } from "./links.ts";
import { prepareSession } from "./session_rows.ts";
import { readUser, USER_COLUMNS } from "./user_rows.ts";

/** Inserts the account of a link's address, in the place of `?8` as the time. Append a condition. */
const INSERT_USER = `INSERT INTO users (id, email_hash, name, email, password, state, language,
    is_operator, created_at, updated_at)
  SELECT ?1, ?2, ?3, ?4, ?5, 'active', ?6, ?7, ?8, ?8 WHERE`;

/** Whether the link `?10` of the purpose `?9` is valid at `?8`. */
const IS_LINK_VALID = `EXISTS (SELECT 1 FROM user_codes WHERE purpose = ?9 AND holder = ?10
  AND used_at IS NULL AND expires_at > ?8)`;
const IS_INVITATION_VALID = `?9 IS NOT NULL AND EXISTS (SELECT 1 FROM invitations
  WHERE token_hash = ?10 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > ?8)`;

/** Creates the store of accounts. */
export function createAccountStore(ports: AccountStorePorts): AccountStore {
  const { db, key, audit } = ports;

  async function addressOf(purpose: RegistrationLink, token: string) {
    return purpose === "invitation"
      ? await readInvitationAddress(db, key, token)
      : await readLink(db, key, purpose, token);
  }

  return {
    ...createCredentialStore(ports),
    ...createAccountStateStore(ports),
    async register({ purpose, token }, user, session, entry, now) {
      const link = await addressOf(purpose, token);
      if (link === undefined) return undefined;
      const { emailAddress, holder } = link;
      const id = idBytes(user.id);
      const exists = `EXISTS (SELECT 1 FROM users WHERE id = x'${id.toHex()}')`;
      const isOperator = purpose === "operator";
      const args = [
        id,
        await key.hashEmail(emailAddress.toLowerCase()),
        await key.seal(user.name, "user name", user.id),
        await key.seal(emailAddress, "user email", user.id),
        user.passwordHash,
        user.language,
        isOperator,
        now,
        purpose,
        holder,
      ];
      const sessionRow = await prepareSession(
        key,
        session,
        { userId: user.id, isComplete: false },
        now,
      );
      const { isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: `${INSERT_USER} ${
              purpose === "invitation" ? IS_INVITATION_VALID : IS_LINK_VALID
            } AND ${isHead} ON CONFLICT DO NOTHING`,
            args,
          },
          ...purpose === "invitation" ? [] : [takeLink(toTake(purpose, holder), exists, now)],
          sessionRow.insert(exists),
        ],
        condition: { sql: exists, args: [] },
      });
      if (!isAppended) return undefined;
      const { name, language } = user;
      return {
        id: user.id,
        name,
        emailAddress,
        mobileNumber: undefined,
        hasTotp: false,
        state: "active",
        language,
        isOperator,
        createdAt: now,
      };
    },
    async setName(userId, name, entry, now) {
      const sealed = await key.seal(name, "user name", userId);
      await audit.write({
        entry,
        now,
        statements: (isHead) => [{
          sql: `UPDATE users SET name = ?, updated_at = ? WHERE id = ? AND ${isHead}`,
          args: [sealed, now, idBytes(userId)],
        }],
      });
    },
    async setLanguage(userId, language, now) {
      await db.write([{
        sql: "UPDATE users SET language = ?, updated_at = ? WHERE id = ?",
        args: [language, now, idBytes(userId)],
      }]);
    },
    async find({ normalised }) {
      const results = await db.readPoint([{
        sql: `SELECT ${USER_COLUMNS} FROM users AS u WHERE u.email_hash = ?`,
        args: [await key.hashEmail(normalised)],
      }]);
      const [row] = rowsOf(results, 0);
      return row && await readUser(row, key);
    },
    async get(userId) {
      const results = await db.readPoint([{
        sql: `SELECT ${USER_COLUMNS} FROM users AS u WHERE u.id = ?`,
        args: [idBytes(userId)],
      }]);
      const [row] = rowsOf(results, 0);
      return row && await readUser(row, key);
    },
    async hasAny() {
      return rowsOf(await db.readPoint(["SELECT 1 FROM users WHERE id > x'' LIMIT 1"]), 0).length >
        0;
    },
    hasOperator: () => hasOperator(db),
    async names(ids) {
      const results = await db.readPoint([{
        sql: `SELECT u.id, u.name FROM json_each(?) AS i
          CROSS JOIN users AS u ON u.id = unhex(i.value)`,
        args: [JSON.stringify([...new Set(ids)].map((id) => idBytes(id).toHex()))],
      }]);
      return new Map(
        await Promise.all(
          rowsOf(results, 0).map(async (row) => {
            const id = uuid(row, "id") as UserId;
            return [id, await key.open(blob(row, "name"), "user name", id)] as const;
          }),
        ),
      );
    },
  };
}
