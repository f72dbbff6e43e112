import {
  type ManagementToken,
  MAX_MANAGEMENT_TOKENS,
} from "../../../domain/accounts/management_tokens.ts";
import type { ManagementTokenId, ServiceId } from "../../../domain/ids.ts";
import type { ManagementTokenStore } from "../../../domain/ports/management_token_store.ts";
import { pageOrder } from "../connection/page_order.ts";
import type { Row } from "../connection/database.ts";
import {
  idBytes,
  integer,
  integerOrNull,
  rowsOf,
  storedText,
  toStored,
  uuid,
  uuidOrNull,
} from "../connection/row.ts";
import { TOKEN_END } from "../schema/management_tokens.ts";
import type { AccountStorePorts } from "./links.ts";

/** SQL over the token (`?1`), its service (`?2`) and the time (`?3`). */
const IS_FREE = "NOT EXISTS (SELECT 1 FROM management_tokens WHERE id = ?1)";
const HAS_SERVICE = "(?2 IS NULL OR EXISTS (SELECT 1 FROM services WHERE id = ?2))";
const HAS_ROOM = `(SELECT count(*) FROM management_tokens WHERE revoked_at IS NULL
  AND ${TOKEN_END} > ?3) < ${MAX_MANAGEMENT_TOKENS}`;

/** Whether the statement that writes, which no other write follows, has written a row. */
const WRITTEN = { sql: "changes() > 0", args: [] };

/** Creates the store of management tokens. */
export function createManagementTokenStore(
  { db, key, audit }: Pick<AccountStorePorts, "db" | "key" | "audit">,
): ManagementTokenStore {
  const hashOf = (secret: string) => key.hashToken("management", secret);

  return {
    async create({ id, name, serviceId, isReadOnly, expiresAt, secret }, entry, now) {
      const hash = await hashOf(secret);
      const service = serviceId === undefined ? null : idBytes(serviceId);
      const { results, isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: `SELECT ${IS_FREE} AS is_free, ${HAS_SERVICE} AS has_service`,
            args: [idBytes(id), service],
          },
          {
            sql: `INSERT INTO management_tokens
                (id, service_id, created_at, token_hash, name, read_only, expires_at)
              SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
              WHERE ${IS_FREE} AND ${HAS_SERVICE} AND ${HAS_ROOM} AND ${isHead} RETURNING *`,
            args: [
              idBytes(id),
              service,
              now,
              hash,
              toStored(name),
              isReadOnly,
              expiresAt ?? null,
            ],
          },
        ],
        condition: WRITTEN,
      });
      const [row] = rowsOf(results, 1);
      if (isAppended && row !== undefined) return readToken(row);
      const [state] = rowsOf(results, 0);
      if (state === undefined || integer(state, "is_free") === 0) return "already-created";
      return integer(state, "has_service") === 0 ? "no-service" : "full";
    },
    async find(secret) {
      const results = await db.readPoint([{
        sql: "SELECT * FROM management_tokens WHERE token_hash = ?",
        args: [await hashOf(secret)],
      }]);
      return rowsOf(results, 0).map(readToken)[0];
    },
    async get(id) {
      const results = await db.readPoint([{
        sql: "SELECT * FROM management_tokens WHERE id = ?",
        args: [idBytes(id)],
      }]);
      return rowsOf(results, 0).map(readToken)[0];
    },
    async noteUse(id, before, now) {
      await db.write([{
        sql: `UPDATE management_tokens SET last_used_at = ?
          WHERE id = ? AND (last_used_at IS NULL OR last_used_at <= ?)`,
        args: [now, idBytes(id), before],
      }]);
    },
    async list(position, limit) {
      const { beside, sign, direction, inOrder } = pageOrder(position);
      // With a condition in each case, so that the index is searched and not scanned.
      const condition = beside === undefined ? "created_at >= 0" : `(created_at, id) ${sign}
        (SELECT created_at, id FROM management_tokens WHERE id = ?2)`;
      const results = await db.read([{
        sql: `SELECT * FROM management_tokens WHERE ${condition}
          ORDER BY created_at ${direction}, id ${direction} LIMIT ?1`,
        args: [limit, ...(beside === undefined ? [] : [idBytes(beside)])],
      }]);
      return inOrder(rowsOf(results, 0).map(readToken));
    },
    async revoke(id, entry, now) {
      const { results } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: `UPDATE management_tokens SET revoked_at = ?
              WHERE id = ? AND revoked_at IS NULL AND ${isHead}`,
            args: [now, idBytes(id)],
          },
          { sql: "SELECT * FROM management_tokens WHERE id = ?", args: [idBytes(id)] },
        ],
        condition: WRITTEN,
      });
      return rowsOf(results, 1).map(readToken)[0];
    },
  };
}

function readToken(row: Row): ManagementToken {
  return {
    id: uuid(row, "id") as ManagementTokenId,
    name: storedText(row, "name"),
    serviceId: (uuidOrNull(row, "service_id") ?? undefined) as ServiceId | undefined,
    isReadOnly: integer(row, "read_only") === 1,
    createdAt: integer(row, "created_at"),
    expiresAt: integerOrNull(row, "expires_at") ?? undefined,
    revokedAt: integerOrNull(row, "revoked_at") ?? undefined,
    lastUsedAt: integerOrNull(row, "last_used_at") ?? undefined,
  };
}
