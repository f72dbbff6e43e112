import { createWriteScheduler } from "./write_scheduler.ts";
import type { Client, InStatement, Value } from "@libsql/client";
// Not the main export: that loads native code, which a server on a remote database has no permission for.
import { createClient } from "@libsql/client/web";
import type { BatchMode, RawResult } from "./batch.ts";
import { type EmbeddedConnection, openEmbedded } from "./embedded.ts";
import { openInThread, type ThreadConnection } from "./thread.ts";

/** The values of a row, by the names of their columns. */
export type Row = Readonly<Record<string, Value>>;
/** The result of one statement. */
export interface ResultSet {
  readonly rows: readonly Row[];
}

/** The libSQL database as the adapters use it. Every call is one transaction and one round trip. */
export interface Database {
  /** Whether the database is a file or in memory, opened by this process, not a server. */
  readonly embedded: boolean;
  /** Whether writes of different requests may share a commit. On Workers a request may not wait for another one. */
  readonly sharesCommits: boolean;
  /** Runs all of the statements or none, in one write transaction. */
  write(statements: readonly InStatement[]): Promise<readonly ResultSet[]>;
  /** Runs the statements in one read transaction: all see the same state of the database. */
  read(statements: readonly InStatement[]): Promise<readonly ResultSet[]>;
  /** Low-priority access. An embedded database runs one operation at a time; background work yields to requests. */
  readonly background: Pick<Database, "write" | "read"> & {
    /** Whether requests are being served, so that a call should be short. */
    isBusy(): boolean;
  };
  close(): void;
}

/** The address of the database. */
export interface DatabaseConfig {
  /** `file:…`, `:memory:`, `http(s)://…` or `libsql://…`. */
  readonly url: string;
  readonly authToken?: string | undefined;
  /** Whether to create a client for each call: on Workers a client may not outlive its request. */
  readonly clientPerCall?: boolean;
  /** Sends the requests to a remote database. Tests pass their own server. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** The timeout of one call to a remote database: the client has none of its own. */
const REMOTE_TIMEOUT_MS = 10_000;
/** How long a call waits in total for another process that has locked the file. */
const BUSY_TIMEOUT_MS = 5_000;
/** How long after a foreground write the database counts as busy. */
const BUSY_MS = 300;
/** How long one attempt waits. No other operation of this process can run meanwhile. */
const BUSY_RETRY_MS = 50;

/**
 * Opens the database.
 *
 * An embedded database has a single connection, so that its pragmas hold for every statement and no two statements
 * of this process conflict. `synchronous=FULL` makes a commit durable before the call returns.
 */
export async function openDatabase(config: DatabaseConfig): Promise<Database> {
  const embedded = config.url.startsWith("file:") || config.url === ":memory:";
  return embedded ? await openLocal(config) : openRemote(config);
}

async function openLocal({ url }: DatabaseConfig): Promise<Database> {
  const connection = await retryWhileBusy(() => connectTo(url));
  const scheduler = createWriteScheduler();
  let lastWriteAt = -Infinity;
  const batch = (mode: BatchMode) => (statements: readonly InStatement[]) => async () => {
    const results = await retryWhileBusy(async () => await connection.batch(statements, mode));
    return results.map(toResult);
  };
  const [write, read] = [batch("write"), batch("read")];
  return {
    embedded: true,
    sharesCommits: true,
    write(statements) {
      lastWriteAt = performance.now();
      return scheduler.foreground(write(statements));
    },
    read: (statements) => scheduler.foreground(read(statements)),
    background: {
      write: (statements) => scheduler.background(write(statements)),
      read: (statements) => scheduler.background(read(statements)),
      isBusy: () => performance.now() - lastWriteAt < BUSY_MS,
    },
    close: () => connection.close(),
  };
}

/** A file is opened in a thread of its own. A database in memory is too quick to gain from one. */
function connectTo(url: string): Promise<EmbeddedConnection | ThreadConnection> {
  const open = url.startsWith("file:") ? openInThread : openEmbedded;
  return open(url, BUSY_RETRY_MS);
}

/** Another process may have locked the file. Repeats the call until {@link BUSY_TIMEOUT_MS} have passed. */
async function retryWhileBusy<T>(work: () => Promise<T>): Promise<T> {
  const retries = BUSY_TIMEOUT_MS / (2 * BUSY_RETRY_MS);
  for (let retry = 0; retry < retries; retry++) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_RETRY_MS));
    }
  }
  return await work();
}

function toResult({ columns, rows }: RawResult): ResultSet {
  const toRow = (values: readonly Value[]) => {
    const row: Record<string, Value> = {};
    // The first of several columns with one name counts, as in the responses of a server.
    for (let at = columns.length - 1; at >= 0; at--) row[columns[at] ?? ""] = values[at] ?? null;
    return row;
  };
  return { rows: rows.map(toRow) };
}

/** Whether another process has locked the file. Nothing was written. */
function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return "code" in error && error.code === "SQLITE_BUSY";
}

/** Errors of a remote server that no statement caused. */
const UNAVAILABLE = new WeakSet<object>();

/**
 * Whether the database is unavailable: the file is locked, or the server was unreachable or failed. No statement is at
 * fault.
 */
export function isUnavailable(error: unknown): boolean {
  return isBusy(error) || (error instanceof Error && UNAVAILABLE.has(error));
}

/** An error that a statement caused has a code of SQLite's, or the HTTP status 4xx. */
function isServerFailure(error: Error): boolean {
  const code = "code" in error ? String(error.code) : "";
  if (code === "SERVER_ERROR") return !/HTTP status 4\d\d/.test(error.message);
  return !code.startsWith("SQLITE_");
}

function openRemote(config: DatabaseConfig): Database {
  const send = config.fetch ?? fetch;
  const connect = (): Client =>
    createClient({
      url: config.url,
      ...(config.authToken === undefined ? {} : { authToken: config.authToken }),
      fetch: (request: Request) =>
        send(new Request(request, { signal: AbortSignal.timeout(REMOTE_TIMEOUT_MS) })),
    });
  const shared = config.clientPerCall ? undefined : connect();
  async function batch(
    statements: readonly InStatement[],
    mode: "write" | "read",
  ): Promise<readonly ResultSet[]> {
    const client = shared ?? connect();
    try {
      return await client.batch([...statements], mode);
    } catch (error) {
      if (error instanceof Error && isServerFailure(error)) UNAVAILABLE.add(error);
      throw error;
    } finally {
      if (shared === undefined) client.close();
    }
  }
  const calls = {
    write: (statements: readonly InStatement[]) => batch(statements, "write"),
    read: (statements: readonly InStatement[]) => batch(statements, "read"),
  };
  return {
    embedded: false,
    sharesCommits: config.clientPerCall !== true,
    ...calls,
    background: { ...calls, isBusy: () => false },
    close: () => shared?.close(),
  };
}
