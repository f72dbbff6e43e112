/** The part of the store of accounts that blocks, resets, deletes and promotes them. */
import type { AccountStore } from "../../../domain/ports/account_store.ts";
import { idBytes } from "../connection/row.ts";
import { toTake } from "./code_marks.ts";
import { takeAndWrite } from "./credentials.ts";
import { type AccountStorePorts, readLink } from "./links.ts";
import { endSessions } from "./session_rows.ts";
import { changedServices, hasManage, raiseRevisionsOf } from "./team_rows.ts";

/** Whether a user (`?1`) is a service's last member with `manage`. */
const IS_LAST_MANAGER = `EXISTS (SELECT 1 FROM memberships AS m
  WHERE m.user_id = ?1 AND ${hasManage("m")} AND NOT EXISTS (SELECT 1 FROM memberships AS o
    WHERE o.service_id = m.service_id AND o.user_id <> m.user_id AND ${hasManage("o")}))`;

/** Creates the part of the store that changes what an account may do. */
export function createAccountStateStore(
  ports: AccountStorePorts,
): Pick<AccountStore, "setState" | "resetSecondFactor" | "delete" | "makeOperator"> {
  const { db, key, audit, forget } = ports;
  return {
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
  };
}
