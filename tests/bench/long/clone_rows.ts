/** Fills a database with copies of rows that Hark wrote. No server may have it open. */
import { DatabaseSync } from "node:sqlite";

/** Rows of one transaction; bounds the WAL. */
const STEP = 50_000;

/** What to copy, and how often. */
export interface CloneOptions {
  /** The copies of all notifications together. */
  readonly count: number;
  /** The times that the ids of the first and the last copy name, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
}

/**
 * The tables with rows of a notification, and the columns that differ in a copy. A table or a column that the schema does
 * not have is left out.
 */
const NOTIFICATION_TABLES = {
  notifications: ["id", "recipient_hash"],
  events: ["notification_id"],
  receipts: ["notification_id", "message_id", "dedupe_key"],
  provider_messages: ["notification_id", "message_id"],
} as const;

/**
 * Copies all notifications, with their events and receipts, to other times and to other recipients. The encrypted
 * data of a copy does not decrypt, as its place is part of what the encryption authenticates: nothing may read it.
 */
export function cloneNotifications(database: string, options: CloneOptions): void {
  using db = open(database);
  db.exec(`CREATE TEMP TABLE seeds AS SELECT service_id, id AS notification_id,
    row_number() OVER (ORDER BY id) - 1 AS number FROM notifications`);
  const { seeds } = db.prepare("SELECT count(*) AS seeds FROM seeds").get() ?? {};
  const copies = Math.ceil(options.count / Number(seeds));
  const now = Date.now();
  const stepMs = (options.to - options.from) / (copies * Number(seeds));
  for (const [table, changed] of Object.entries(NOTIFICATION_TABLES)) {
    const columns = columnsOf(db, table);
    if (columns.length === 0) continue;
    const idColumn = table === "notifications" ? "id" : "notification_id";
    const position = `(i.value * ${Number(seeds)} + s.number)`;
    const ms = `CAST(${options.from} + ${position} * ${stepMs} AS INTEGER)`;
    const values = columns.map((column) => {
      if (/^(?:.*_)?at$/.test(column)) return `t.${column} - ${now} + ${ms}`;
      if (!changed.some((name) => name === column)) return `t.${column}`;
      if (column === idColumn) return copyOfId(`t.${column}`, position, ms);
      return copyOfValue(`t.${column}`, "i.value");
    });
    copyInSteps(
      db,
      `INSERT INTO ${table} (${columns.join(", ")})
        SELECT ${values.join(", ")} FROM generate_series AS i CROSS JOIN seeds AS s
        CROSS JOIN ${table} AS t ON t.service_id = s.service_id
          AND t.${idColumn} = s.notification_id`,
      copies,
      Math.max(1, Math.floor(STEP / Number(seeds))),
    );
  }
  db.exec("PRAGMA optimize");
}

/** Copies all messages of inboxes to other recipients. */
export function cloneInboxMessages(database: string, count: number): void {
  using db = open(database);
  db.exec("CREATE TEMP TABLE seeds AS SELECT service_id, id FROM inbox_messages");
  const { seeds } = db.prepare("SELECT count(*) AS seeds FROM seeds").get() ?? {};
  const copies = Math.ceil(count / Number(seeds));
  const columns = columnsOf(db, "inbox_messages");
  const values = columns.map((column) => {
    if (column === "id") return copyOfId("t.id", `(i.value + ${copies} * s.rowid)`, "0");
    return column === "recipient_hash" ? copyOfValue("t.recipient_hash", "i.value") : `t.${column}`;
  });
  copyInSteps(
    db,
    `INSERT INTO inbox_messages (${columns.join(", ")})
      SELECT ${values.join(", ")} FROM generate_series AS i CROSS JOIN seeds AS s
      CROSS JOIN inbox_messages AS t ON t.service_id = s.service_id AND t.id = s.id`,
    copies,
    Math.max(1, Math.floor(STEP / Number(seeds))),
  );
}

function open(database: string): DatabaseSync {
  const db = new DatabaseSync(database);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000");
  return db;
}

function columnsOf(db: DatabaseSync, table: string): readonly string[] {
  return db.prepare("SELECT name FROM pragma_table_info(?)").all(table)
    .map(({ name }) => String(name));
}

/** A UUID of version 7 with the time of a copy, as text or as 16 bytes, as the copied one is. */
function copyOfId(column: string, position: string, ms: string): string {
  const hex = `printf('%012x7%03x8%015x', ${ms}, ${position} & 4095, ${position})`;
  const part = (start: number, length: number) => `substr(${hex}, ${start}, ${length})`;
  const text = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(" || '-' || ");
  return `iif(typeof(${column}) = 'blob', unhex(${hex}), ${text})`;
}

/** A value that no other row has. */
function copyOfValue(column: string, copy: string): string {
  return `iif(typeof(${column}) = 'blob', randomblob(length(${column})), ${column} || '-' || ${copy})`;
}

/** Runs an insert from `generate_series`, a table of numbers, a transaction a step. */
function copyInSteps(db: DatabaseSync, insert: string, copies: number, step: number): void {
  const statement = db.prepare(
    `WITH RECURSIVE generate_series(value) AS (
      SELECT ?1 UNION ALL SELECT value + 1 FROM generate_series WHERE value + 1 < ?2) ${insert}`,
  );
  for (let from = 0; from < copies; from += step) {
    statement.run(from, Math.min(from + step, copies));
  }
}
