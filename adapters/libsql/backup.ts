/** Copies a database file while it is in use. */
import { link, open as openFile, rm, stat } from "node:fs/promises";

/** How long the copy waits for another process that has locked the file, in milliseconds. */
const BUSY_TIMEOUT_MS = 30_000;

/** A copy that was verified, with the number of its tables and of the rows of all tables together. */
export interface Backup {
  readonly tables: number;
  readonly rows: number;
  /** In bytes. */
  readonly size: number;
}

/** No copy was made; the message says why, and what to do. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}

interface Connection {
  exec(sql: string): void;
  readonly all: (sql: string) => readonly Readonly<Record<string, unknown>>[];
  close(): void;
}

/**
 * Copies a database file with `VACUUM INTO`: the copy has the state of one moment. Other processes may read and write
 * meanwhile.
 *
 * The copy is verified before it gets its name. SQLite's integrity check must find nothing, and the copy must have
 * each table of the original: with the same number of rows if no other process has written meanwhile; otherwise a
 * table that had rows before and after must not be empty.
 *
 * @param from the path of the database
 * @param to the path of the copy; while it is made, `.part` is added
 * @throws BackupError when there is no database at `from`, a file with the name `to` or `to.part` exists already, or
 * the copy fails or is not whole; no part of a copy is left then
 */
export async function backUp(from: string, to: string): Promise<Backup> {
  const part = `${to}.part`;
  for (const path of [to, part]) {
    if (await exists(path)) {
      throw new BackupError(`${path} exists: choose another name, or remove it`);
    }
  }
  if (!await exists(from)) throw new BackupError(`there is no database at ${from}`);
  try {
    const original = await open(from);
    try {
      const before = countRows(original);
      const version = versionOf(original);
      original.exec(`VACUUM INTO ${quote(part)}`);
      const backup = await verify(part, {
        before,
        after: countRows(original),
        isQuiet: versionOf(original) === version,
      });
      await syncToDisk(part);
      // Fails where the name has been taken meanwhile; a rename would overwrite.
      await link(part, to);
      return backup;
    } finally {
      original.close();
    }
  } catch (cause) {
    if (cause instanceof BackupError) throw cause;
    throw new BackupError(`the backup failed: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  } finally {
    await rm(part, { force: true });
  }
}

/** The rows of the original, by table, before and after the copy. */
interface Original {
  readonly before: ReadonlyMap<string, number>;
  readonly after: ReadonlyMap<string, number>;
  /** Whether no other process has written between the two. */
  readonly isQuiet: boolean;
}

async function verify(path: string, original: Original): Promise<Backup> {
  const copy = await open(path);
  try {
    const faults = copy.all("PRAGMA integrity_check").map((row) => String(row.integrity_check));
    if (faults.join() !== "ok") throw new BackupError(`the copy is damaged: ${faults[0]}`);
    const counts = countRows(copy);
    for (const [table, rows] of original.after) {
      const copied = counts.get(table);
      const least = Math.min(rows, original.before.get(table) ?? 0);
      if (
        copied === undefined || (original.isQuiet ? copied !== rows : copied === 0 && least > 0)
      ) {
        throw new BackupError(`the copy has ${copied ?? "no"} rows of ${table}, not ${rows}`);
      }
    }
    return {
      tables: counts.size,
      rows: [...counts.values()].reduce((sum, rows) => sum + rows, 0),
      size: (await stat(path)).size,
    };
  } finally {
    copy.close();
  }
}

async function open(path: string): Promise<Connection> {
  const { default: Libsql } = await import("libsql");
  const db = new Libsql(path, { timeout: BUSY_TIMEOUT_MS });
  return {
    exec: (sql) => void db.exec(sql),
    all: (sql) => db.prepare<unknown[]>(sql).all([]) as Readonly<Record<string, unknown>>[],
    close: () => void db.close(),
  };
}

function countRows(db: Connection): ReadonlyMap<string, number> {
  const tables = db.all(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1",
  ).map(({ name }) => String(name));
  return new Map(tables.map((name) => {
    const [row] = db.all(`SELECT count(*) AS n FROM "${name.replaceAll('"', '""')}"`);
    return [name, Number(row?.n)];
  }));
}

/** A number that changes when another connection has written. */
function versionOf(db: Connection): number {
  return Number(db.all("PRAGMA data_version")[0]?.data_version);
}

/** SQLite leaves a copy to the operating system. */
async function syncToDisk(path: string): Promise<void> {
  const file = await openFile(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}
