import { CODE_VALID_MS } from "../../../domain/accounts/one_time_codes.ts";
import { parseUserId, type UserId } from "../../../domain/ids.ts";
import {
  type KeptForm,
  type KeptForms,
  MAX_KEPT_FORM_BYTES,
  MAX_KEPT_FORMS,
} from "../../../domain/ports/kept_forms.ts";
import { accountSecrets } from "../../accounts/account_secrets.ts";
import { blob, idBytes, rowsOf, uuid } from "../connection/row.ts";
import type { AccountStorePorts } from "./links.ts";

const PURPOSE = "kept-form";

/** Inserts a form. The hash of its code is that of its path. */
const INSERT_FORM = `INSERT INTO user_codes
    (id, purpose, holder, code_hash, user_id, sealed, tries, created_at, expires_at)
  VALUES (?1, '${PURPOSE}', ?2, ?3, ?4, ?5, 0, ?6, ?7)`;

const DELETE_OLDER = `DELETE FROM user_codes WHERE id IN (SELECT id FROM user_codes
  WHERE user_id = ?1 AND purpose = '${PURPOSE}'
  ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ${MAX_KEPT_FORMS})`;

const TAKE_FORM = `DELETE FROM user_codes WHERE purpose = '${PURPOSE}' AND holder = ?1
    AND code_hash = ?2 AND user_id = ?3 AND expires_at > ?4
  RETURNING id, sealed`;

/** Creates the store of forms whose authors sign in again. */
export function createKeptForms(
  { db, key, clock }: Pick<AccountStorePorts, "db" | "key" | "clock">,
): KeptForms {
  const markOf = async (userId: UserId) => `${userId}.${(await key.markForm(userId)).toHex()}`;
  return {
    markOf,
    async keep(mark, form, now) {
      const userId = parseUserId(mark.split(".", 1)[0]);
      if (userId === undefined || mark !== await markOf(userId)) return undefined;
      const text = JSON.stringify(form.fields);
      if (new TextEncoder().encode(text).length > MAX_KEPT_FORM_BYTES) return undefined;
      const [id, token] = [clock.newId(), accountSecrets.newToken()];
      await db.write([
        {
          sql: INSERT_FORM,
          args: [
            idBytes(id),
            await key.hashToken(PURPOSE, token),
            await key.hashCode(PURPOSE, token, form.path),
            idBytes(userId),
            await key.seal(text, "code", id),
            now,
            now + CODE_VALID_MS[PURPOSE],
          ],
        },
        { sql: DELETE_OLDER, args: [idBytes(userId)] },
      ]);
      return token;
    },
    async take(userId, token, path, now) {
      const results = await db.write([{
        sql: TAKE_FORM,
        args: [
          await key.hashToken(PURPOSE, token),
          await key.hashCode(PURPOSE, token, path),
          idBytes(userId),
          now,
        ],
      }]);
      const [row] = rowsOf(results, 0);
      if (row === undefined) return undefined;
      const fields: KeptForm["fields"] = JSON.parse(
        await key.open(blob(row, "sealed"), "code", uuid(row, "id")),
      );
      return fields;
    },
  };
}
