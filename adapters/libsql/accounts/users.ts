import type { UserId } from "../../../domain/ids.ts";
import type { AccountStore, RegistrationLink } from "../../../domain/ports/account_store.ts";
import { blob, idBytes, rowsOf, uuid } from "../connection/row.ts";
import { takeLink, toTake } from "./code_marks.ts";
import { createCredentialStore, takeAndWrite } from "./credentials.ts";
import { readInvitationAddress } from "./invitation_rows.ts";
import { type AccountStorePorts, readLink } from "./links.ts";
import { endSessions, prepareSession } from "./session_rows.ts";
import { changedServices, hasManage, raiseRevisionsOf } from "./team_rows.ts";
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

/** Whether a user (`?1`) is a service's last member with `manage`. */
const IS_LAST_MANAGER = `EXISTS (SELECT 1 FROM memberships AS m
  WHERE m.user_id = ?1 AND ${hasManage("m")} AND NOT EXISTS (SELECT 1 FROM memberships AS o
    WHERE o.service_id = m.service_id AND o.user_id <> m.user_id AND ${hasManage("o")}))`;

/** Creates the store of accounts. */
export function createAccountStore(ports: AccountStorePorts): AccountStore {
  const { db, key, audit, forget } = ports;

  async function addressOf(purpose: RegistrationLink, token: string) {
    return purpose === "invitation"
      ? await readInvitationAddress(db, key, token)
      : await readLink(db, key, purpose, token);
  }

  return {
    ...createCredentialStore(ports),
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
    async setState(userId, state, entry, now) {
      const { results, isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: `UPDATE users SET state = ?, updated_at = ? WHERE id = ? AND ${isHead}`,
            args: [state, now, idBytes(userId)],
          },
          endSessions(userId, undefined, state === "blocked" ? isHead : "false", now),
          raiseRevisionsOf(userId, now, isHead),
        ],
        condition: { sql: "EXISTS (SELECT 1 FROM users WHERE id = ?)", args: [idBytes(userId)] },
      });
      for (const serviceId of changedServices(results[2])) forget(serviceId);
      return isAppended;
    },
    async resetSecondFactor(userId, entry, now) {
      const id = idBytes(userId);
      const { results, isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: `UPDATE users SET mobile = NULL, totp = NULL, password = '', updated_at = ?
              WHERE id = ? AND ${isHead}`,
            args: [now, id],
          },
          {
            sql: `DELETE FROM user_codes WHERE user_id = ? AND ${isHead}
              AND purpose IN ('recovery', 'remembered-browser', 'text', 'totp-setup')`,
            args: [id],
          },
          endSessions(userId, undefined, isHead, now),
          raiseRevisionsOf(userId, now, isHead),
        ],
        condition: { sql: "EXISTS (SELECT 1 FROM users WHERE id = ?)", args: [id] },
      });
      for (const serviceId of changedServices(results[3])) forget(serviceId);
      return isAppended;
    },
    async delete(userId, entry, now) {
      const id = idBytes(userId);
      const isGone = `NOT EXISTS (SELECT 1 FROM users WHERE id = ?1)`;
      const { results, isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: `DELETE FROM users WHERE id = ?1 AND ${isHead} AND NOT ${IS_LAST_MANAGER}`,
            args: [id],
          },
          raiseRevisionsOf(userId, now, "NOT EXISTS (SELECT 1 FROM users WHERE id = ?2)"),
          ...["sessions", "user_codes", "memberships"].map((table) => ({
            sql: `DELETE FROM ${table} WHERE user_id = ?1 AND ${isGone}`,
            args: [id],
          })),
        ],
        condition: { sql: "NOT EXISTS (SELECT 1 FROM users WHERE id = ?)", args: [id] },
      });
      for (const serviceId of changedServices(results[1])) forget(serviceId);
      return isAppended;
    },
    async makeOperator(token, userId, entry, now) {
      const link = await readLink(db, key, "operator", token);
      if (link === undefined) return false;
      const emailHash = await key.hashEmail(link.emailAddress.toLowerCase());
      const code = toTake("operator", link.holder);
      const isOwner = `EXISTS (SELECT 1 FROM users WHERE id = x'${idBytes(userId).toHex()}'
        AND email_hash = x'${emailHash.toHex()}' AND state = 'active')`;
      return await takeAndWrite(ports, { code, entry, now, condition: isOwner }, (taken) => [{
        sql: `UPDATE users SET is_operator = 1, updated_at = ? WHERE id = ? AND ${taken}`,
        args: [now, idBytes(userId)],
      }]) !== undefined;
    },
    async find({ normalised }) {
      const results = await db.readPoint([{
        sql: `SELECT ${USER_COLUMNS} FROM users AS u WHERE u.email_hash = ?`,
        args: [await key.hashEmail(normalised)],
      }]);
      const [row] = rowsOf(results, 0);
      return row && await readUser(row, key);
    },
    async hasAny() {
      return rowsOf(await db.readPoint(["SELECT 1 FROM users WHERE id > x'' LIMIT 1"]), 0).length >
        0;
    },
    async hasOperator() {
      const results = await db.readPoint([
        "SELECT 1 FROM users WHERE is_operator = 1 AND state = 'active' LIMIT 1",
      ]);
      return rowsOf(results, 0).length > 0;
    },
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
