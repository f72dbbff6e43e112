/** An application under test whose audit log and database batches are watched. */
import assert from "node:assert/strict";
import type { InStatement } from "@libsql/client";
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "../support/migrated.ts";
import type { AuditAction } from "../../domain/accounts/audit.ts";
import {
  startTestApplication,
  type TestApplication,
  type TestApplicationOptions,
} from "../support/application.ts";

/** An entry as the tests compare it. */
export interface WatchedEntry {
  readonly actor: string;
  readonly action: string;
}

/** An application whose changes are watched. */
export interface Watched extends AsyncDisposable {
  readonly hark: TestApplication;
  /** The entries that were appended to any chain since the last call. */
  takeEntries(): Promise<readonly WatchedEntry[]>;
  /**
   * Asserts that since the last call exactly one entry was appended, of this actor and action, and that its batch also
   * wrote what it records.
   */
  assertOneEntry(actor: string, action: AuditAction, label: string): Promise<void>;
}

const isEntry = (sql: string) => sql.includes("INSERT INTO audit_log");
const isWrite = (sql: string) => /^\s*(INSERT|UPDATE|DELETE)\b/.test(sql) && !isEntry(sql);
const sqlOf = (statement: InStatement) => typeof statement === "string" ? statement : statement.sql;

/** Starts an application whose changes are watched. */
export async function startWatched(options: TestApplicationOptions = {}): Promise<Watched> {
  const db = await openDatabase({ url: ":memory:" });
  await migrateEmpty(db, Date.now());
  const batches: (readonly string[])[] = [];
  const write: Database["write"] = (statements, ...rest) => {
    batches.push(statements.map(sqlOf));
    return db.write(statements, ...rest);
  };
  const hark = await startTestApplication({ ...options, db: { ...db, write } });
  let known = new Set<string>();

  async function takeEntries(): Promise<readonly WatchedEntry[]> {
    const [result] = await db.read([
      `SELECT hex(chain) || ' ' || sequence AS id, actor_kind AS actor, action FROM audit_log`,
    ]);
    const rows = result?.rows ?? [];
    const added = rows.filter(({ id }) => !known.has(String(id)));
    known = new Set(rows.map(({ id }) => String(id)));
    return added.map(({ actor, action }) => ({ actor: String(actor), action: String(action) }));
  }

  return {
    hark,
    async takeEntries() {
      batches.length = 0;
      return await takeEntries();
    },
    async assertOneEntry(actor, action, label) {
      assert.deepEqual(await takeEntries(), [{ actor, action }], label);
      const audited = batches.filter((batch) => batch.some(isEntry));
      assert.ok(audited.length > 0 && audited.every((batch) => batch.some(isWrite)), label);
      batches.length = 0;
    },
    async [Symbol.asyncDispose]() {
      await hark.close();
      db.close();
    },
  };
}
