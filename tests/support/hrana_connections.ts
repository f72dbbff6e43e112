/**
 * The SQLite half of the Hrana server: connections, and running one statement on one.
 *
 * Everything SQLite does here is synchronous, so two streams can only meet where one of them keeps
 * a transaction open over a round trip.
 */

import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { fromWireValue, HranaError, sqliteCodeOf, toWireValue } from "./hrana_protocol.ts";
import type { WireStmt, WireValue } from "./hrana_protocol.ts";

/** The result of a statement, in the shape of Hrana's `StmtResult`. */
export type StmtResult = {
  readonly cols: readonly { readonly name: string; readonly decltype: string | null }[];
  readonly rows: readonly (readonly WireValue[])[];
  readonly affected_row_count: number;
  readonly last_insert_rowid: string | null;
};

/** `@types/node` does not know it yet; without it columns of one name would fold into one. */
interface ArrayStatement extends StatementSync {
  setReturnArrays(enabled: boolean): void;
}

function givesArrays(statement: StatementSync): statement is ArrayStatement {
  return "setReturnArrays" in statement;
}

/** Whether a text contains only white space, comments and semicolons. */
function isBlank(sql: string): boolean {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[\s;]+/g, "") === "";
}

/** One SQLite connection. */
export class Connection {
  readonly #db: DatabaseSync;
  readonly #counters: StatementSync;

  /** @throws when the file cannot be opened. */
  constructor(path: string, clock: (() => number) | undefined) {
    this.#db = new DatabaseSync(path);
    if (clock !== undefined) {
      this.#db.function("unixepoch", { varargs: true }, () => clock() / 1000);
    }
    // A server for tests need not survive a power cut. Only opening may block: later waits are
    // the streams', and asynchronous.
    this.#db.exec("PRAGMA busy_timeout=1000; PRAGMA journal_mode=WAL; PRAGMA busy_timeout=0");
    this.#db.exec("PRAGMA synchronous=OFF");
    this.#counters = this.#db.prepare(
      "SELECT total_changes() AS total, changes() AS changed, last_insert_rowid() AS rowid",
    );
    this.#counters.setReadBigInts(true);
    this.reset();
  }

  /** Whether a transaction is open. */
  get inTransaction(): boolean {
    return this.#db.isTransaction;
  }

  /** Rolls back an open transaction and undoes the one setting that a migration may have left behind. */
  reset(): void {
    if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
    this.#db.exec("PRAGMA foreign_keys=ON");
  }

  close(): void {
    this.#db.close();
  }

  /** Run one statement. @throws HranaError, or SQLite's error with its `errcode`. */
  run(sql: string, stmt: WireStmt): StmtResult {
    if (isBlank(sql)) {
      throw new HranaError("SQL_NO_STATEMENT", "SQL string does not contain any statement");
    }
    const { statement, rest } = this.#prepare(sql);
    if (!isBlank(rest)) {
      throw new HranaError("SQL_MANY_STATEMENTS", "SQL string contains more than one statement");
    }
    const positional = (stmt.args ?? []).map(fromWireValue);
    const named = stmt.named_args ?? [];
    if (positional.length > 0 && named.length > 0) {
      throw new HranaError(
        "ARGS_BOTH_POSITIONAL_AND_NAMED",
        "Specifying both positional and named arguments is not supported",
      );
    }
    const before = this.#count().total;
    const rows = named.length > 0
      ? statement.all(Object.fromEntries(named.map((arg) => [arg.name, fromWireValue(arg.value)])))
      : statement.all(...positional satisfies SQLInputValue[]);
    const after = this.#count();
    const wrote = after.total !== before;
    return {
      cols: statement.columns().map(({ name, type }) => ({ name, decltype: type })),
      rows: stmt.want_rows === false
        ? []
        : rows.map((row) => Object.values(row).map((cell) => toWireValue(cell))),
      affected_row_count: wrote ? Number(after.changed) : 0,
      last_insert_rowid: wrote ? String(after.rowid) : null,
    };
  }

  /** Run the first statement of `sql` and give back the text after it, blank at the end. */
  runFirst(sql: string): string {
    if (isBlank(sql)) return "";
    const { statement, rest } = this.#prepare(sql);
    statement.all();
    return rest;
  }

  /** `sql` must not be blank: Deno 2.9.6 crashes on `sourceSQL` of an empty statement. */
  #prepare(sql: string): { readonly statement: StatementSync; readonly rest: string } {
    try {
      const statement = this.#db.prepare(sql);
      statement.setReadBigInts(true);
      if (givesArrays(statement)) statement.setReturnArrays(true);
      return { statement, rest: sql.slice(statement.sourceSQL.length) };
    } catch (error) {
      if (!(error instanceof Error) || sqliteCodeOf(error) !== 1) throw error;
      // sqld parses before SQLite does, hence two codes.
      throw /syntax error|incomplete input|unrecognized token/.test(error.message)
        ? new HranaError("SQL_PARSE_ERROR", `SQL string could not be parsed: ${error.message}`)
        : new HranaError("SQL_INPUT_ERROR", `SQL input error: ${error.message}`);
    }
  }

  #count(): { readonly total: bigint; readonly changed: bigint; readonly rowid: bigint } {
    const row = this.#counters.get();
    const read = (name: string) => {
      const cell = row?.[name];
      return typeof cell === "bigint" ? cell : 0n;
    };
    return { total: read("total"), changed: read("changed"), rowid: read("rowid") };
  }
}

/**
 * Connections to lend. A file may have any number of them; `:memory:` is one database in one
 * connection, so its borrowers queue, first come first served.
 */
export class Connections {
  readonly #path: string;
  readonly #clock: (() => number) | undefined;
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();
  readonly #queue: { give: (c: Connection) => void; refuse: (reason: unknown) => void }[] = [];
  readonly #limit: number;

  /** @throws when the file cannot be opened. */
  constructor(path: string, clock: (() => number) | undefined) {
    this.#path = path;
    this.#clock = clock;
    this.#limit = path === ":memory:" ? 1 : Infinity;
    this.#idle.push(this.#open());
  }

  /** Borrows an idle connection; `giveBack` returns it. */
  borrow(): Promise<Connection> | Connection {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#all.size < this.#limit) return this.#open();
    return new Promise((give, refuse) => this.#queue.push({ give, refuse }));
  }

  /** Returns a connection to the pool and rolls back its open transaction. */
  giveBack(connection: Connection): void {
    connection.reset();
    const next = this.#queue.shift();
    if (next === undefined) this.#idle.push(connection);
    else next.give(connection);
  }

  /** Send away all who queue. */
  refuseQueue(reason: unknown): void {
    for (const waiting of this.#queue.splice(0)) waiting.refuse(reason);
  }

  /** Close every connection, lent or not. */
  close(): void {
    for (const connection of this.#all) connection.close();
    this.#all.clear();
    this.#idle.length = 0;
  }

  #open(): Connection {
    const connection = new Connection(this.#path, this.#clock);
    this.#all.add(connection);
    return connection;
  }
}
