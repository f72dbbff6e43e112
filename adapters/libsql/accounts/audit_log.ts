import type { InStatement, InValue } from "@libsql/client";
import {
  AUDIT_ACTIONS,
  type AuditActor,
  type AuditChain,
  type AuditEntry,
  INSTALLATION,
} from "../../../domain/accounts/audit.ts";
import type { ServiceId, UserId } from "../../../domain/ids.ts";
import type {
  AuditQuery,
  AuditStore,
  NamedAuditEntry,
  VerifiedChain,
} from "../../../domain/ports/audit_store.ts";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import {
  blob,
  hex,
  idBytes,
  integer,
  oneOf,
  rowsOf,
  text,
  textOrNull,
  uuid,
} from "../connection/row.ts";
import { DEPLOYMENT_ID } from "../keys/deployment_key.ts";
import type { AccountKey } from "./account_key.ts";
import { readMember, selectTeam } from "./team_rows.ts";
import { type AuditWriter, chainBytes, cutText, signedText } from "./audit_writer.ts";

/** How many entries one read of a verification takes. */
const VERIFIED_AT_ONCE = 500;
const ACTOR_KINDS = ["user", "management-token", "admin-token", "system"] as const;

/** Creates the store of the audit log. */
export function createAuditStore(
  { db, key, audit }: {
    readonly db: Pick<Database, "read" | "readLong">;
    readonly key: AccountKey;
    readonly audit: AuditWriter;
  },
): AuditStore {
  async function* verify(): AsyncGenerator<VerifiedChain> {
    for (let chain: Bytes = new Uint8Array();;) {
      const results = await db.readLong([{
        sql: "SELECT chain FROM audit_log WHERE chain > ? ORDER BY chain LIMIT 1",
        args: [chain],
      }]);
      const [row] = rowsOf(results, 0);
      if (row === undefined) return;
      chain = blob(row, "chain");
      yield await verifyChain(db, key, chain, toChain(uuid(row, "chain")));
    }
  }

  return {
    async append(entry, now) {
      await audit.write({ entry, now, statements: () => [] });
    },
    async list(chain, query) {
      const results = await db.readLong([selectEntries(chain, query)]);
      return await readEntries(chain, rowsOf(results, 0), key);
    },
    async readService(serviceId, query) {
      const results = await db.readLong([
        selectEntries(serviceId, query),
        selectTeam(serviceId),
      ]);
      const [entries, members] = await Promise.all([
        readEntries(serviceId, rowsOf(results, 0), key),
        Promise.all(rowsOf(results, 1).map((row) => readMember(row, key))),
      ]);
      return { entries, members };
    },
    verify,
  };
}

/** Selects entries of a chain, for {@link readEntries}. */
export function selectEntries(chain: AuditChain, query: AuditQuery): InStatement {
  const { conditions, args } = conditionsOf(query);
  return {
    sql: `SELECT a.*, u.name AS actor_name FROM audit_log AS a
      LEFT JOIN users AS u ON a.actor_kind = 'user' AND u.id = a.actor_id
      WHERE a.chain = ? ${conditions}
      ORDER BY a.sequence ${query.newerThan === undefined ? "DESC" : "ASC"} LIMIT ?`,
    args: [chainBytes(chain), ...args, query.limit],
  };
}

/** Reads entries, newest first, and decrypts the name of each person once. */
export async function readEntries(
  chain: AuditChain,
  rows: readonly Row[],
  key: AccountKey,
): Promise<readonly NamedAuditEntry[]> {
  const names = new Map<UserId, Promise<string>>();
  const entries = await Promise.all(rows.map(async (row) => {
    const entry = readEntry(chain, row);
    const { actor } = entry;
    if (actor.kind !== "user" || row.actor_name === null) return { ...entry, actorName: undefined };
    const name = names.get(actor.id) ?? key.open(blob(row, "actor_name"), "user name", actor.id);
    names.set(actor.id, name);
    return { ...entry, actorName: await name };
  }));
  return entries.toSorted((a, b) => b.sequence - a.sequence);
}

function conditionsOf(
  { olderThan, newerThan, actor, action, since, until }: AuditQuery,
): { readonly conditions: string; readonly args: readonly InValue[] } {
  const all: readonly (readonly [string, InValue | undefined])[] = [
    ["a.sequence < ?", olderThan],
    ["a.sequence > ?", newerThan],
    ["a.actor_id = ?", actor === undefined ? undefined : idBytes(actor)],
    ["a.action = ?", action],
    ["a.at >= ?", since],
    ["a.at < ?", until],
  ];
  const set = all.flatMap(([sql, value]) => value === undefined ? [] : [{ sql, value }]);
  return {
    conditions: set.map(({ sql }) => `AND ${sql}`).join(" "),
    args: set.map(({ value }) => value),
  };
}

function toChain(id: string): AuditChain {
  return id === DEPLOYMENT_ID ? INSTALLATION : id as ServiceId;
}

function readEntry(chain: AuditChain, row: Row): AuditEntry {
  return {
    chain,
    sequence: integer(row, "sequence"),
    at: integer(row, "at"),
    actor: readActor(row),
    action: oneOf(row, "action", AUDIT_ACTIONS),
    subject: textOrNull(row, "subject") ?? undefined,
    facts: JSON.parse(text(row, "facts")),
  };
}

function readActor(row: Row): AuditActor {
  const kind = oneOf(row, "actor_kind", ACTOR_KINDS);
  if (kind === "user") return { kind, id: uuid(row, "actor_id") as UserId };
  return kind === "management-token" ? { kind, id: uuid(row, "actor_id") } : { kind };
}

/** Follows a chain from its first entry, or from where retention has cut it. */
async function verifyChain(
  db: Pick<Database, "readLong">,
  key: AccountKey,
  bytes: Bytes,
  chain: AuditChain,
): Promise<VerifiedChain> {
  const cuts = await db.readLong([{
    sql: "SELECT sequence, mac, signature FROM audit_cuts WHERE chain = ?",
    args: [bytes],
  }]);
  const [cut] = rowsOf(cuts, 0);
  let sequence = cut === undefined ? 0 : integer(cut, "sequence");
  let mac: Bytes = cut === undefined ? new Uint8Array() : blob(cut, "mac");
  // Somebody else than retention may have cut it.
  const isGenuine = cut === undefined ||
    await key.verify(blob(cut, "signature"), cutText(bytes, sequence, mac));
  if (!isGenuine) return { chain, lastSequence: 0, lastMac: "", brokenAt: sequence };
  for (;;) {
    const results = await db.readLong([{
      sql: "SELECT * FROM audit_log WHERE chain = ? AND sequence > ? ORDER BY sequence LIMIT ?",
      args: [bytes, sequence, VERIFIED_AT_ONCE],
    }]);
    const rows = rowsOf(results, 0);
    for (const row of rows) {
      const signed = {
        sequence: integer(row, "sequence"),
        at: integer(row, "at"),
        actorKind: text(row, "actor_kind"),
        actorId: row.actor_id === null ? null : blob(row, "actor_id"),
        action: text(row, "action"),
        subject: textOrNull(row, "subject"),
        facts: text(row, "facts"),
      };
      const isNext = signed.sequence === sequence + 1 &&
        await key.verify(blob(row, "mac"), signedText(bytes, mac, signed));
      if (!isNext) {
        return { chain, lastSequence: sequence, lastMac: hex(mac), brokenAt: signed.sequence };
      }
      [sequence, mac] = [signed.sequence, blob(row, "mac")];
    }
    if (rows.length < VERIFIED_AT_ONCE) {
      return { chain, lastSequence: sequence, lastMac: hex(mac), brokenAt: undefined };
    }
  }
}
