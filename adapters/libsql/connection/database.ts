import { shareWrites } from "./shared_writes.ts";
import { isBusyError, markServerFailure } from "./unavailable.ts";
import { createWriteScheduler } from "./write_scheduler.ts";
import type { Client, InStatement, Value } from "@libsql/client";
// Not the main export: that loads native code, which a server on a remote database has no permission for.
import { createClient } from "@libsql/client/web";
import type { BatchMode, RawResult } from "./batch.ts";
import type { TimeSource } from "../../../domain/ports/clock.ts";
import { localTime } from "../../clock.ts";
import { followDatabaseTime, type MachineClocks } from "./database_time.ts";
import { type EmbeddedConnection, openEmbedded } from "./embedded.ts";
import { createFileReaders, type FileReaders } from "./file_readers.ts";
import { openInThread, type ThreadConnection } from "./thread.ts";

/** The values of a row, by the names of their columns. */
export type Row = Readonly<Record<string, Value>>;
/** The result of one statement. */
export interface ResultSet {
  readonly rows: readonly Row[];
}

/** When a database takes the next shared commit. */
export interface CommitTiming {
  /** Calls `callback` once, when a commit may begin. It never does so before the current iteration of the event loop ends. */
  onceWritable(callback: () => void): void;
  /** How many shared commits of one kind may be under way. */
  readonly commitsAtOnce: number;
}

/**
 * The libSQL database as the adapters use it. Every call is atomic. Calls to a remote one are a round trip each; writes
 * that wait for an embedded one share a transaction, with the same results as one after the other.
 */
export interface Database extends CommitTiming {
  /** Whether the database is a file or in memory, opened by this process, not a server. */
  readonly embedded: boolean;
  /** Whether writes of different requests may share a commit. On Workers a request may not wait for another one. */
  readonly sharesCommits: boolean;
  /** The database's time. */
  readonly time: TimeSource;
  /**
   * The number of write transactions of this process that have ended: while it stays, an embedded database has not changed.
   *
   * @returns `undefined` for a server, which other processes write to
   */
  countWrites(): number | undefined;
  /** Runs all of the statements or none, in a write transaction. */
  write(statements: readonly InStatement[]): Promise<readonly ResultSet[]>;
  /** Runs the statements in one read transaction: all see the same state of the database. */
  read(statements: readonly InStatement[]): Promise<readonly ResultSet[]>;
  /**
   * As {@link read}, for a few rows by their keys. On a file it waits for no write, and blocks the calling thread: a
   * message to another thread and back costs more than such a read.
   */
  readPoint(statements: readonly InStatement[]): Promise<readonly ResultSet[]>;
  /**
   * As {@link read}, for many rows, or rows that have to be searched for. On a file it has a connection and a thread of
   * its own, so that neither writes nor other reads wait for it.
   */
  readLong(statements: readonly InStatement[]): Promise<readonly ResultSet[]>;
  /** Low-priority access. An embedded database runs one operation at a time; background work yields to requests. */
  readonly background: Pick<Database, "write" | "read" | keyof CommitTiming> & {
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
  /** This machine's clocks, for a remote database. Tests pass their own. */
  readonly machine?: MachineClocks;
}

/** The timeout of one call to a remote database: the client has none of its own. */
const REMOTE_TIMEOUT_MS = 10_000;
/** How long a call waits in total for another process that has locked the file. */
const BUSY_TIMEOUT_MS = 5_000;
/** How long after a foreground write the database counts as busy. */
const BUSY_MS = 300;
/** Max writes of one transaction of an embedded database. */
const MAX_SHARED_WRITES = 64;
/** The same for background writes while requests are being served: a transaction blocks all other operations. */
const MAX_BACKGROUND_WRITES = 2;
/** How many shared commits of one kind may be on their way to a remote database: a slow one does not delay all others. */
const REMOTE_COMMITS_AT_ONCE = 4;
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
  const readers = url.startsWith("file:") ? createFileReaders(url, BUSY_RETRY_MS) : undefined;
  const scheduler = createWriteScheduler();
  let lastWriteAt = -Infinity;
  let writes = 0;
  const isBusy = () => performance.now() - lastWriteAt < BUSY_MS;
  async function batch(mode: BatchMode, statements: readonly InStatement[]) {
    const results = await retryWhileBusy(async () => await connection.batch(statements, mode));
    return results.map(toResult);
  }
  async function run(statements: readonly InStatement[]) {
    try {
      return await batch("write", statements);
    } finally {
      writes++;
    }
  }
  const read = (statements: readonly InStatement[]) =>
    scheduler.foreground(() => batch("read", statements));
  /** A reader does not wait for a lock for long: that is left to the connection that writes. */
  const readBy =
    (reader: FileReaders["readPoint"]) => async (statements: readonly InStatement[]) => {
      try {
        return (await reader(statements)).map(toResult);
      } catch (error) {
        if (!isBusyError(error)) throw error;
        return await read(statements);
      }
    };
  const foreground = shareWrites(scheduler.foreground, run, () => MAX_SHARED_WRITES);
  const background = shareWrites(
    scheduler.background,
    run,
    () => isBusy() ? MAX_BACKGROUND_WRITES : MAX_SHARED_WRITES,
  );
  // A shared commit begins when the database is free, so there is no need to bound how many are under way.
  const commitsAtOnce = Infinity;
  return {
    embedded: true,
    sharesCommits: true,
    time: localTime(Date.now, () => performance.now()),
    commitsAtOnce,
    countWrites: () => writes,
    write(statements) {
      lastWriteAt = performance.now();
      return foreground.write(statements);
    },
    onceWritable: foreground.onceWritable,
    read,
    readPoint: readers === undefined ? read : readBy(readers.readPoint),
    readLong: readers === undefined ? read : readBy(readers.readLong),
    background: {
      write: background.write,
      onceWritable: background.onceWritable,
      commitsAtOnce,
      read: (statements) => scheduler.background(() => batch("read", statements)),
      isBusy,
    },
    close() {
      readers?.close();
      connection.close();
    },
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
      if (!isBusyError(error)) throw error;
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
      markServerFailure(error);
      throw error;
    } finally {
      if (shared === undefined) client.close();
    }
  }
  const { send: followed, time } = followDatabaseTime(batch, {
    sharesSamples: shared !== undefined,
    machine: config.machine,
  });
  const read = (statements: readonly InStatement[]) => followed(statements, "read");
  const calls = {
    write: (statements: readonly InStatement[]) => followed(statements, "write"),
    read,
    onceWritable: (callback: () => void) => void setImmediate(callback),
    commitsAtOnce: REMOTE_COMMITS_AT_ONCE,
  };
  return {
    embedded: false,
    sharesCommits: config.clientPerCall !== true,
    time,
    countWrites: () => undefined,
    ...calls,
    readPoint: read,
    readLong: read,
    background: { ...calls, isBusy: () => false },
    close: () => shared?.close(),
  };
}
