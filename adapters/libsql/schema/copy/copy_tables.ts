/**
 * Migrates large tables while a process of the version before serves: it creates the new tables beside those of the
 * version before, copies the rows in steps, copies again what changed meanwhile, and puts the new tables in place in
 * one transaction (the cut-over). Every step is one transaction that also moves the cursor, so a run that was killed
 * is resumed where it stood.
 */
import type { InStatement } from "@libsql/client";
import type { Encryption } from "../../../crypto/envelope_encryption.ts";
import type { Database } from "../../connection/database.ts";
import { isUnavailable } from "../../connection/unavailable.ts";
import { integer, rowsOf, text } from "../../connection/row.ts";
import {
  advance,
  advanceTo,
  beginCopy,
  changedKeys,
  type CopyPosition,
  fence,
  forgetChanges,
  HAS_COPY,
  isFenceError,
  keysBetween,
  LAST_CHANGE,
  nextKeys,
  readPosition,
  reserve,
  SELECT_CHANGES,
  selectPosition,
  takeOver,
} from "./copy_statements.ts";
import { close, cutOver, reopen } from "./cut_over_statements.ts";
import { SchemaError } from "../schema_error.ts";
import type { CopyMigration, TableCopy } from "./table_copy.ts";

/** With so few noted changes the copy closes the tables before: they are copied within one step. */
const FEW_CHANGES = 200;
/** After so many rounds in which the noted changes did not become fewer, it closes them too: it will not catch up. */
const MAX_ROUNDS_IN_VAIN = 20;
/** The longest pause after a step while another process writes: as long as the step took, so that the other can write, too. */
const MAX_PAUSE_MS = 100;

/** How often a call is repeated while the database is locked or its server does not answer, and the pause between. */
const RETRIES = 30;
const RETRY_MS = 1_000;

/** What a copy needs beside the database. */
export interface CopyOptions {
  readonly encryption: Encryption;
  /** Called when a step of the migration begins, and while rows are copied. */
  readonly onProgress?: (progress: Progress) => void;
  /**
   * The pause before a call is repeated while the database is unavailable, in milliseconds; {@link RETRY_MS} by
   * default.
   */
  readonly retryMs?: number;
}

/** How far a migration is. `step` says in words what it does, and names the table that is being copied. */
export interface Progress {
  readonly step: string;
  /** How many rows of that table were copied; absent for other steps. */
  readonly rows?: number;
}

type Store = Pick<Database, "read" | "write">;

/**
 * Runs a migration that copies tables, or continues one that was interrupted, and puts the new tables in place,
 * together with the statements of `taken`, which record the migration's number. A call is repeated while the database
 * is unavailable.
 *
 * @throws SchemaError when another process has taken the copy over, and as `requireReadable` of the migration. If the
 * cut-over fails, the version before can write again
 */
export async function copyTables(
  database: Store,
  migration: CopyMigration,
  taken: readonly InStatement[],
  options: CopyOptions,
): Promise<void> {
  const db = repeatWhileUnavailable(database, options.retryMs ?? RETRY_MS);
  const owner = crypto.randomUUID();
  await begin(db, migration, owner, options);
  try {
    for (const copy of migration.copies) await copyRows(db, copy, owner, options);
    await catchUp(() => copyChanges(db, migration, owner, options));
    await finish(db, migration, owner, taken, options);
  } catch (error) {
    if (!isFenceError(error)) throw error;
    throw new SchemaError("another run of the migration has taken over, and continues it");
  }
}

/** Repeats calls while the database is unavailable. Each step may be repeated: it writes the same rows again. */
function repeatWhileUnavailable({ read, write }: Store, retryMs: number): Store {
  const repeating = (call: Store["read"]): Store["read"] => async (statements) => {
    for (let retry = 0; retry < RETRIES; retry++) {
      try {
        return await call(statements);
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        await pause(retryMs);
      }
    }
    return await call(statements);
  };
  return { read: repeating(read), write: repeating(write) };
}

async function begin(
  db: Store,
  migration: CopyMigration,
  owner: string,
  { encryption }: CopyOptions,
): Promise<void> {
  const found = await db.read([HAS_COPY]);
  await migration.requireReadable(db, encryption);
  const isResumed = rowsOf(found, 0).length > 0;
  await db.write(isResumed ? [takeOver(owner)] : beginCopy(migration, owner));
}

/** Refuses writes to the tables before, copies the last changes, and cuts over. If that fails, writes are allowed again. */
async function finish(
  db: Store,
  migration: CopyMigration,
  owner: string,
  taken: readonly InStatement[],
  options: CopyOptions,
): Promise<void> {
  const state = await db.read(["SELECT is_closed FROM copy_state"]);
  const [row] = rowsOf(state, 0);
  if (row === undefined || integer(row, "is_closed") === 0) {
    await db.write([fence(owner), ...close(migration)]);
  }
  try {
    options.onProgress?.({ step: "cutting over: the version before can write no more" });
    while (await copyChanges(db, migration, owner, options) > 0);
    await db.write([fence(owner), ...cutOver(migration), ...taken]);
  } catch (error) {
    if (!isFenceError(error)) await db.write([fence(owner), ...reopen(migration)]);
    throw error;
  }
}

/** Copies noted changes until few are left, or until they become no fewer. */
async function catchUp(copyChanges: () => Promise<number>): Promise<void> {
  let fewest = Infinity;
  let inVain = 0;
  while (fewest > FEW_CHANGES && inVain < MAX_ROUNDS_IN_VAIN) {
    const noted = await copyChanges();
    inVain = noted < fewest ? 0 : inVain + 1;
    fewest = Math.min(fewest, noted);
  }
}

/** Copies the rows of one table, from where an earlier run ended. */
async function copyRows(
  db: Store,
  copy: TableCopy,
  owner: string,
  { encryption, onProgress }: CopyOptions,
): Promise<void> {
  let lastChange: unknown;
  for (;;) {
    const found = await db.read([selectPosition(copy), LAST_CHANGE]);
    const [row] = rowsOf(found, 0);
    if (row === undefined) throw new Error(`the copy does not know the table ${copy.from}`);
    const position = readPosition(copy, row);
    onProgress?.({ step: `copying ${copy.from}`, rows: position.rows });
    if (position.isDone) return;
    const startedAt = performance.now();
    await db.write([fence(owner), ...await planStep(db, copy, position, encryption)]);
    // A pause is for other processes that write. Without them no change is noted.
    const last = rowsOf(found, 1)[0]?.["last"];
    if (last !== lastChange) await pause(Math.min(performance.now() - startedAt, MAX_PAUSE_MS));
    lastChange = last;
  }
}

/** The statements of the next step of a table. */
async function planStep(
  db: Store,
  copy: TableCopy,
  { copied, noted }: CopyPosition,
  encryption: Encryption,
): Promise<readonly InStatement[]> {
  if (copy.rows.kind === "sql") {
    const keys = nextKeys(copy, copied);
    return [...copy.rows.write(keys), advance(copy, keys)];
  }
  if (noted === undefined) return [reserve(copy, nextKeys(copy, copied))];
  // Rows are read before the transaction that writes them, so their changes are noted since the one before.
  const read = await db.read(copy.rows.read(keysBetween(copy, copied, noted)));
  return [
    ...await copy.rows.write(read.map((result) => result.rows), encryption),
    advanceTo(copy, noted, rowsOf(read, 0).length),
    reserve(copy, nextKeys(copy, noted)),
  ];
}

/** Copies noted changes again, a step of each table, and returns how many were noted before. */
async function copyChanges(
  db: Store,
  { copies }: CopyMigration,
  owner: string,
  { encryption }: CopyOptions,
): Promise<number> {
  const found = await db.read([SELECT_CHANGES]);
  const noted = rowsOf(found, 0);
  for (const row of noted) {
    const copy = copies.find(({ from }) => from === text(row, "copied"));
    if (copy === undefined) throw new Error(`the copy does not know the table ${row["copied"]}`);
    const upTo = integer(row, "up_to");
    const keys = changedKeys(copy, upTo);
    const written = copy.rows.kind === "sql" ? copy.rows.write(keys) : await copy.rows.write(
      (await db.read(copy.rows.read(keys))).map((result) => result.rows),
      encryption,
    );
    await db.write([fence(owner), ...copy.remove(keys), ...written, forgetChanges(copy, upTo)]);
  }
  return noted.reduce((sum, row) => sum + integer(row, "changes"), 0);
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
