import { createWriteScheduler } from "./write_scheduler.ts";
import { type Client, createClient, type InStatement, type Value } from "@libsql/client";
import { type EmbeddedConnection, openEmbedded, type RawResult } from "./embedded.ts";
import { openInThread, type ThreadConnection } from "./thread.ts";

/** The values of a row, by the names of their columns. */
export type Row = Readonly<Record<string, Value>>;
/** What a statement gave. */
export interface ResultSet {
  readonly rows: readonly Row[];
}
/** Whether a transaction may write. */
export type BatchMode = "write" | "read";

/** The libSQL database as the adapters use it: no interactive transactions, every call one round trip. */
export interface Database {
  /** A file or memory of this process, not a server. */
  readonly embedded: boolean;
  /** Whether what different requests write may go together; on Workers none may wait for another. */
  readonly sharesCommits: boolean;
  /** All of the statements or none, in one write transaction. */
  write(statements: readonly InStatement[]): Promise<readonly ResultSet[]>;
  /** All of the statements against one state of the database. */
  read(statements: readonly InStatement[]): Promise<readonly ResultSet[]>;
  /** The same database for what may wait while others are served: an embedded one does one thing at a time. */
  readonly patient: Pick<Database, "write" | "read"> & {
    /** Whether others are being served, so that one call had better be short. */
    isBusy(): boolean;
  };
  close(): void;
}

/** Where the database is. */
export interface DatabaseConfig {
  /** `file:…`, `:memory:`, `http(s)://…` or `libsql://…`. */
  readonly url: string;
  readonly authToken?: string | undefined;
  /** Makes a client for every call: on Workers one may not outlive its request. */
  readonly clientPerCall?: boolean;
  /** The way to a remote database; a test's own server can stand here. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** How long one call to a remote database may take: its client has no limit of its own. */
export const REMOTE_TIMEOUT_MS = 10_000;
/** How long a write waits for another process that holds the file, all in all. */
export const BUSY_TIMEOUT_MS = 5_000;
/** How long after a write that somebody waits for the next one is to be expected. */
const BUSY_MS = 300;
/** How long one try of it waits: no other of this process gets at the file meanwhile. */
const BUSY_RETRY_MS = 50;

/**
 * Opens the database.
 *
 * An embedded one keeps a single connection, so that its pragmas hold for every statement and no two statements
 * of this process can meet; `synchronous=FULL` makes a commit durable before it is answered.
 */
export async function openDatabase(config: DatabaseConfig): Promise<Database> {
  const embedded = config.url.startsWith("file:") || config.url === ":memory:";
  return embedded ? await openLocal(config) : openRemote(config);
}

async function openLocal({ url }: DatabaseConfig): Promise<Database> {
  const connection = await retryWhileBusy(() => connectTo(url));
  const turns = createWriteScheduler();
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
      return turns.urgent(write(statements));
    },
    read: (statements) => turns.urgent(read(statements)),
    patient: {
      write: (statements) => turns.patient(write(statements)),
      read: (statements) => turns.patient(read(statements)),
      isBusy: () => performance.now() - lastWriteAt < BUSY_MS,
    },
    close: () => connection.close(),
  };
}

/** A file has a thread of its own; what is in memory is too quick for one. */
function connectTo(url: string): Promise<EmbeddedConnection | ThreadConnection> {
  const open = url.startsWith("file:") ? openInThread : openEmbedded;
  return open(url, BUSY_RETRY_MS);
}

/** Another process may hold the file for a while. */
async function retryWhileBusy<T>(work: () => Promise<T>): Promise<T> {
  for (let left = BUSY_TIMEOUT_MS / (2 * BUSY_RETRY_MS); left > 0; left--) {
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
    // Of columns with one name the first counts, as in the answers of a server.
    for (let at = columns.length - 1; at >= 0; at--) row[columns[at] ?? ""] = values[at] ?? null;
    return row;
  };
  return { rows: rows.map(toRow) };
}

/** Whether another process holds the file. Nothing has been written. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return "code" in error && error.code === "SQLITE_BUSY";
}

/** Failures of a server, not of what it was asked. */
const UNAVAILABLE = new WeakSet<object>();

/** Whether no statement is to blame: the file is busy, or the server was not reached or could not answer. */
export function isUnavailable(error: unknown): boolean {
  return isBusy(error) || (error instanceof Error && UNAVAILABLE.has(error));
}

/** What a server says of a statement has SQLite's name; what it does not take at all, a status of 4xx. */
function isOfTheServer(error: Error): boolean {
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
      if (error instanceof Error && isOfTheServer(error)) UNAVAILABLE.add(error);
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
    patient: { ...calls, isBusy: () => false },
    close: () => shared?.close(),
  };
}
