/** The part of the store of accounts that uses links: new passwords and new addresses. */
import type { InStatement } from "@libsql/client";
import { ACCOUNT_LANGUAGES } from "../../../domain/accounts/account.ts";
import type { NewAuditEntry } from "../../../domain/accounts/audit.ts";
import type { AccountStore } from "../../../domain/ports/account_store.ts";
import type { ResultSet } from "../connection/database.ts";
import { blob, idBytes, oneOf, rowsOf } from "../connection/row.ts";
import { isTaken, takeLink, type TakenCodeRow, toTake } from "./code_marks.ts";
import { type AccountStorePorts, readLink } from "./links.ts";
import { endSessions, forgetBrowsers } from "./session_rows.ts";
import { changedServices, raiseRevisionsOf } from "./team_rows.ts";

/**
 * Takes a link, and runs statements in the same batch that depend on it.
 *
 * @param statementsOf makes them; `taken` is SQL that says whether the link was taken
 * @returns the results of the statements; `undefined` when the link was not taken
 */
export async function takeAndWrite(
  { audit }: Pick<AccountStorePorts, "audit">,
  { code, entry, now, condition }: {
    readonly code: TakenCodeRow;
    readonly entry: NewAuditEntry;
    readonly now: number;
    readonly condition: string;
  },
  statementsOf: (taken: string) => readonly InStatement[],
): Promise<readonly ResultSet[] | undefined> {
  const taken = isTaken(code);
  const { results, isAppended } = await audit.write({
    entry,
    now,
    statements: (isHead) => [
      takeLink(code, `${isHead} AND ${condition}`, now),
      ...statementsOf(taken),
    ],
    condition: { sql: taken, args: [] },
  });
  return isAppended ? results.slice(1) : undefined;
}

/** Creates the part of the store that changes passwords and addresses. */
export function createCredentialStore(
  ports: AccountStorePorts,
): Pick<AccountStore, "resetPassword" | "setPassword" | "changeEmailAddress"> {
  const { db, key, audit, forget } = ports;
  return {
    async resetPassword(token, passwordHash, entryOf, now) {
      const link = await readLink(db, key, "password-reset", token);
      const userId = link?.userId;
      if (link === undefined || userId === undefined) return undefined;
      const code = toTake("password-reset", link.holder);
      const condition = `EXISTS (SELECT 1 FROM users WHERE id = user_codes.user_id
        AND state = 'active')`;
      const batch = { code, entry: entryOf(userId), now, condition };
      const results = await takeAndWrite(ports, batch, (taken) => [
        {
          sql: `UPDATE users SET password = ?, updated_at = ? WHERE id = ? AND ${taken}`,
          args: [passwordHash, now, idBytes(userId)],
        },
        endSessions(userId, undefined, taken, now),
        forgetBrowsers(userId, taken),
        {
          sql: `UPDATE user_codes SET used_at = ? WHERE user_id = ?
            AND purpose = 'password-reset' AND used_at IS NULL AND ${taken}`,
          args: [now, idBytes(userId)],
        },
      ]);
      return results && userId;
    },
    async setPassword(userId, passwordHash, keep, entry, now) {
      await audit.write({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: `UPDATE users SET password = ?, updated_at = ? WHERE id = ? AND ${isHead}`,
            args: [passwordHash, now, idBytes(userId)],
          },
          endSessions(userId, keep, isHead, now),
          forgetBrowsers(userId, isHead),
        ],
      });
    },
    async changeEmailAddress(token, entryOf, now) {
      const link = await readLink(db, key, "email-change", token);
      const userId = link?.userId;
      if (link === undefined || userId === undefined) return undefined;
      const id = idBytes(userId);
      const before = await db.readPoint([{
        sql: "SELECT email, language FROM users WHERE id = ? AND state = 'active'",
        args: [id],
      }]);
      const [user] = rowsOf(before, 0);
      if (user === undefined) return undefined;
      const emailHash = await key.hashEmail(link.emailAddress.toLowerCase());
      const sealed = await key.seal(link.emailAddress, "user email", userId);
      const code = toTake("email-change", link.holder);
      const condition = `NOT EXISTS (SELECT 1 FROM users
        WHERE email_hash = x'${emailHash.toHex()}')`;
      const batch = { code, entry: entryOf(userId), now, condition };
      const results = await takeAndWrite(ports, batch, (taken) => [
        {
          sql: `UPDATE users SET email_hash = ?, email = ?, updated_at = ?
            WHERE id = ? AND ${taken}`,
          args: [emailHash, sealed, now, id],
        },
        // Links to the address before end with it.
        {
          sql: `UPDATE user_codes SET used_at = ? WHERE user_id = ? AND used_at IS NULL
            AND purpose IN ('password-reset', 'email-change') AND ${taken}`,
          args: [now, id],
        },
        raiseRevisionsOf(userId, now, taken),
      ]);
      if (results === undefined) return undefined;
      for (const serviceId of changedServices(results[2])) forget(serviceId);
      return {
        before: await key.open(blob(user, "email"), "user email", userId),
        language: oneOf(user, "language", ACCOUNT_LANGUAGES),
      };
    },
  };
}
