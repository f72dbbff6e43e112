/** Fills a database with templates and messages of one service, by copies of what Hark wrote. No server may have it open. */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { createEncryption, type DataKey } from "../../../adapters/crypto/envelope_encryption.ts";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { idBytes, rowsOf } from "../../../adapters/libsql/connection/row.ts";
import { dataKeyOf, selectDataKeys } from "../../../adapters/libsql/keys/keyring.ts";
import { notificationAad } from "../../../adapters/libsql/notifications/notification_rows.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import type { PersonalData } from "../../../domain/notification/notification.ts";
import { DAY_MS, HOUR_MS } from "../../../domain/time/durations.ts";
import { MASTER_KEY } from "../../fixtures/master_key.ts";
import { SMS_PERSONALISATION } from "../messages.ts";

/** Messages of one transaction; bounds the WAL and what is kept in memory. */
const STEP = 20_000;

/** Whose copies. */
export interface Origin {
  readonly serviceId: string;
  /** The person who sent every {@link AUTHOR_EVERY}th message. */
  readonly authorId: string;
}

/** How many messages, between these times (epoch milliseconds). */
export interface CopyOptions {
  readonly count: number;
  readonly from: number;
  readonly to: number;
}

const AUTHOR_EVERY = 20;

type Fate = readonly [status: string, countedAs: string];
/** What becomes of copies, by the last two digits of their number. All others are delivered. */
const FATES: ReadonlyMap<number, Fate> = new Map([
  [7, ["permanent-failure", "failed twilio:30005"]],
  [17, ["permanent-failure", "failed twilio:21610"]],
  [27, ["temporary-failure", "failed twilio:30003"]],
  [37, ["technical-failure", "failed no-provider"]],
  [47, ["sent", "sent"]],
  [57, ["cancelled", "cancelled"]],
  [67, ["expired", "expired"]],
]);
const DELIVERED: Fate = ["delivered", "delivered"];

/** Copies the first template of a service until it has so many. */
export function copyTemplates(database: string, { serviceId }: Origin, count: number): void {
  using db = open(database);
  const id = idBytes(serviceId);
  const seed = "(SELECT id FROM templates WHERE service_id = ?1 ORDER BY number LIMIT 1)";
  const copyOfId = "unhex(printf('%032x', 4096 + i.value))";
  for (
    const [table, column, changed] of [
      // The versions first: the copied template is the first one all the time.
      ["template_versions", "template_id", { name: "'Reminder ' || i.value" }],
      ["templates", "id", { number: "i.value" }],
    ] as const
  ) {
    const values: Readonly<Record<string, string>> = { ...changed, [column]: copyOfId };
    const columns = columnsOf(db, table);
    db.prepare(
      `WITH RECURSIVE i(value) AS (SELECT 100 UNION ALL SELECT value + 1 FROM i
          WHERE value + 1 < 100 + ?2)
        INSERT INTO ${table} (${columns.join(", ")})
        SELECT ${columns.map((name) => values[name] ?? `t.${name}`).join(", ")}
        FROM i CROSS JOIN ${table} AS t ON t.service_id = ?1 AND t.${column} = ${seed}`,
    ).run(id, count);
  }
}

/**
 * Copies messages of a service, of each template and each key in turn, to other recipients. The copies are encrypted as
 * Hark encrypts, so that pages can show them.
 */
export async function copyMessages(
  database: string,
  { serviceId, authorId }: Origin,
  { count, from, to }: CopyOptions,
): Promise<void> {
  const key = await readDataKey(database, serviceId);
  using db = open(database);
  const service = idBytes(serviceId);
  const idsOf = (sql: string) => db.prepare(sql).all(service).map(({ id }) => bytes(id));
  const templates = idsOf("SELECT id FROM templates WHERE service_id = ?");
  const keys = idsOf("SELECT id FROM api_keys WHERE service_id = ?");
  const seeds = db.prepare(
    "SELECT id, channel FROM notifications WHERE service_id = ? AND status = 'delivered'",
  ).all(service).map(({ id, channel }) => ({ id: bytes(id), channel: String(channel) }));
  const author = idBytes(authorId);
  const indexes = takeIndexes(db);
  const columns = columnsOf(db, "notifications");
  const changed: Readonly<Record<string, string>> = {
    ...{ id: "?3", template_id: "?4", api_key_id: "?5", status: "?6", counted_as: "?7" },
    ...{ created_at: "?8", status_at: "?8", author_id: "?9", sealed: "?10", job_id: "NULL" },
    ...{ job_row: "NULL", template_version: "1", recipient_hash: "randomblob(16)" },
    ...{ reference_hash: "randomblob(16)", provider_message_id: "NULL" },
  };
  const insert = db.prepare(
    `INSERT INTO notifications (${columns.join(", ")})
      SELECT ${columns.map((name) => changed[name] ?? `t.${name}`).join(", ")}
      FROM notifications AS t WHERE t.service_id = ?1 AND t.id = ?2`,
  );
  const stepMs = (to - from) / count;
  for (let first = 0; first < count; first += STEP) {
    const rows: SQLInputValue[][] = [];
    for (let n = first; n < Math.min(first + STEP, count); n++) {
      const at = Math.floor(from + n * stepMs);
      const id = copyId(at, n);
      const seed = pick(seeds, n);
      const [status, countedAs] = FATES.get(n % 100) ?? DELIVERED;
      const isAuthored = n % AUTHOR_EVERY === 0;
      rows.push([
        ...[service, seed.id, idBytes(id), pick(templates, n)],
        ...[pick(keys, Math.floor(n / 7)), status, countedAs, at, isAuthored ? author : null],
        await sealCopy(key, { serviceId, id, channel: seed.channel, n }),
      ]);
    }
    db.exec("BEGIN");
    for (const row of rows) insert.run(...row);
    db.exec("COMMIT");
  }
  for (const sql of indexes) db.exec(sql);
}

/** Encrypts the personal data of a copy. */
async function sealCopy(
  key: DataKey,
  { serviceId, id, channel, n }: Readonly<Record<"serviceId" | "id" | "channel", string>> & {
    readonly n: number;
  },
): Promise<Uint8Array<ArrayBuffer>> {
  const isText = channel === "sms";
  const to = isText ? `07900 ${100_000 + n % 900_000}` : `ann.${n}@example.com`;
  const personal: PersonalData & { readonly reference: string } = {
    to,
    recipient: isText ? `447900${100_000 + n % 900_000}` : to,
    personalisation: SMS_PERSONALISATION,
    subject: isText ? null : "Your appointment",
    body: "Dear Ann Example, your appointment is on 1 January at 10:30am at Cardiff.",
    oneClickUnsubscribeUrl: null,
    reference: `order ${n}`,
  };
  return await key.encrypt(JSON.stringify(personal), notificationAad(serviceId, id));
}

/** Counts the copies as Hark counts messages: in the hours of their accepts, and as many again on each day before. */
export function countCopies(database: string, { serviceId }: Origin, now: number): void {
  using db = open(database);
  const id = idBytes(serviceId);
  db.prepare("DELETE FROM statistics WHERE service_id = ?").run(id);
  const today = Math.floor(now / DAY_MS);
  const counted = (unit: string, period: string, from: string, more = "") =>
    `INSERT INTO statistics
      SELECT '${unit}', service_id, ${period} AS time, channel, key_kind, template_id, outcome.value,
        count(*)
      FROM ${from} CROSS JOIN (SELECT 0 AS is_end UNION ALL SELECT 1)
      JOIN json_each(json_array(iif(is_end, counted_as, 'requested'))) AS outcome
      WHERE service_id = ?1 ${more} GROUP BY 3, 4, 5, 6, 7`;
  db.prepare(counted("hour", `created_at / ${HOUR_MS}`, "notifications")).run(id);
  const days = `(WITH RECURSIVE d(day) AS (SELECT ?2 - 29 UNION ALL SELECT day + 1 FROM d
    WHERE day + 1 < ?2 - 8) SELECT day FROM d) CROSS JOIN notifications`;
  db.prepare(counted("day", "day", days, `AND created_at / ${DAY_MS} = ?3`)).run(
    ...[id, today, today - 2],
  );
}

async function readDataKey(database: string, serviceId: string): Promise<DataKey> {
  const encryption = await createEncryption([Uint8Array.fromBase64(MASTER_KEY)]);
  const db = await openDatabase({ url: `file:${database}` });
  const id = serviceId as ServiceId;
  const [row] = rowsOf(await db.read([selectDataKeys(id)]), 0);
  db.close();
  if (row === undefined) throw new Error("the service has no data key");
  return await dataKeyOf(encryption, id, row);
}

function open(database: string): DatabaseSync {
  const db = new DatabaseSync(database);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000");
  return db;
}

/** Drops the indexes of the messages, which are built faster at the end. @returns the SQL that creates them */
function takeIndexes(db: DatabaseSync): readonly string[] {
  const indexes = db.prepare(
    "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'notifications' AND type = 'index' AND sql > ''",
  ).all();
  for (const { name } of indexes) db.exec(`DROP INDEX ${name}`);
  return indexes.map(({ sql }) => String(sql));
}

/** The columns that a row is inserted with. */
function columnsOf(db: DatabaseSync, table: string): readonly string[] {
  return db.prepare("SELECT name FROM pragma_table_info(?)").all(table)
    .map(({ name }) => String(name));
}

function bytes(value: unknown): Uint8Array<ArrayBuffer> {
  if (!(value instanceof Uint8Array)) throw new Error("an id is not bytes");
  return new Uint8Array(value);
}

function pick<T>(values: readonly T[], n: number): T {
  const value = values[n % values.length];
  if (value === undefined) throw new Error("nothing to copy");
  return value;
}

/** A UUID of version 7 with the time of a copy. */
function copyId(at: number, n: number): string {
  const time = at.toString(16).padStart(12, "0");
  const number = n.toString(16).padStart(15, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${number.slice(0, 3)}-8${number.slice(3, 6)}-${
    number.slice(6).padStart(12, "0")
  }`;
}
