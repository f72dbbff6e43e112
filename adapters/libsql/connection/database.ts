import { shareWrites } from "./shared_writes.ts";
import { fromEmbedded, isBusyError, timedOut } from "./unavailable.ts";
import { createWriteScheduler } from "./write_scheduler.ts";
import type { InStatement } from "@libsql/client";
import type { WithinStoreBudget } from "../../../domain/ports/store_budget.ts";
import type { BatchMode, ResultSet } from "./batch.ts";
import type { TimeSource } from "../../../domain/ports/clock.ts";
import { localTime } from "../../clock.ts";
import type { CommitTiming } from "./commit_timing.ts";
import { type BoundedCall, createCallBounds } from "./call_bounds.ts";
import { DATABASE_TIMEOUTS, type DatabaseConfig, OBJECT_URL } from "./config.ts";
import { type EmbeddedConnection, openEmbedded } from "./embedded.ts";
import { MAX_BACKGROUND_BATCH, MAX_GROUP, MAX_GROUP_SIZE, MAX_IDLE_GROUP } from "./group_commit.ts";
import { createFileReaders, type FileReaders } from "./file_readers.ts";
import { openInThread, type ThreadConnection } from "./thread.ts";
import { toResult } from "./to_result.ts";

export type { ResultSet, Row } from "./batch.ts";

/**
 * The libSQL database as the adapters use it. Every call is atomic. Calls to a remote one are a round trip each; writes
 * that wait for an embedded one share a transaction, with the same results as one after the other.
 */
export interface Database extends CommitTiming {
  /** Whether the database is a file or in memory, opened by this process, not a server. */
  readonly embedded: boolean;
  /**
   * The number of write transactions of this process that have ended: while it stays, an embedded database has not changed.
   *
   * @returns `undefined` for a server, which other processes write to
   */
  countWrites(): number | undefined;
  /**
   * Max size of an encrypted value, in bytes; its row has room for its other columns. `Infinity` where the limits of the
   * APIs are below the database's.
   */
  readonly maxValueBytes: number;
  /** The database's time: the server's, or this machine's for an embedded database. */
  readonly time: TimeSource;
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
    /**
     * Whether a foreground write began within the last 300 milliseconds, so that a background call should be short.
     * Always `false` for a remote database.
     */
    isBusy(): boolean;
  };
  /**
   * Runs the work of a request. When the budget of time for the calls of a request is used up, its calls throw
   * `StoreUnavailable`. A call in the background, of which a long request makes many, may wait for a whole budget
   * each time.
   */
  readonly withinRequest: WithinStoreBudget;
  /** Aborted when the thread of an embedded database has ended by itself: every call fails from then on. */
  readonly lost: AbortSignal | undefined;
  /** Writes what is in the log of a file into the file, and closes. @throws when the log could not be written */
  shutDown(): Promise<void>;
  close(): void;
}

/** How long after a foreground write the database counts as busy. */
const BUSY_MS = 300;
/** Max writes of one transaction of an embedded database. */
const MAX_SHARED_WRITES = 64;
/** The same for background writes while requests are being served: a transaction blocks all other operations. */
const MAX_BACKGROUND_WRITES = 2;
/** How long one try waits for a lock, during which no other operation can run, and the pause between two tries. */
const BUSY_RETRY_MS = 50;

/**
 * Opens the database. A remote one is not called yet.
 *
 * An embedded database has a single connection that writes, so that its pragmas hold for every write and no two
 * writes of this process conflict. `synchronous=FULL` makes a commit durable before the call returns.
 *
 * @throws when the file cannot be opened, or another process has locked it for longer than `lockMs`; for
 * {@link OBJECT_URL} without `objects`
 */
export async function openDatabase(config: DatabaseConfig): Promise<Database> {
  const embedded = config.url.startsWith("file:") || config.url === ":memory:";
  if (embedded) return await openLocal(config);
  if (config.url === OBJECT_URL) return await openObject(config);
  // A process on a file does not need them.
  const [{ openRemote }, { connectToServer }] = await Promise.all([
    import("./remote.ts"),
    import("./libsql_client.ts"),
  ]);
  return openRemote(config, (timeoutMs) => connectToServer(config, timeoutMs));
}

async function openObject(config: DatabaseConfig): Promise<Database> {
  const { objects } = config;
  if (objects === undefined) {
    throw new Error(
      `${OBJECT_URL} is for Cloudflare Workers, where a Durable Object holds the database. No command ` +
        "opens it: use the Worker's pages and /manage",
    );
  }
  const [{ openRemote }, { connectToObject, OBJECT_SIZES }] = await Promise.all([
    import("./remote.ts"),
    import("./durable_object.ts"),
  ]);
  const connect = (timeoutMs: number) => connectToObject(objects, timeoutMs);
  return openRemote(config, connect, OBJECT_SIZES);
}

async function openLocal({ url, timeouts = DATABASE_TIMEOUTS }: DatabaseConfig): Promise<Database> {
  const { lockMs, backgroundLockMs } = timeouts;
  const lost = new AbortController();
  const onLost = (why: Error) => lost.abort(why);
  const connection = await retryWhileBusy(lockMs, () => connectTo(url, onLost));
  const readers = url.startsWith("file:")
    ? createFileReaders(url, BUSY_RETRY_MS, onLost)
    : undefined;
  const bounds = createCallBounds(timeouts.requestMs);
  const scheduler = createWriteScheduler();
  let lastWriteAt = -Infinity;
  let writes = 0;
  const isBusy = () => performance.now() - lastWriteAt < BUSY_MS;
  async function batch(mode: BatchMode, statements: readonly InStatement[]) {
    try {
      return (await connection.batch(statements, mode)).map(toResult);
    } catch (error) {
      throw fromEmbedded(error);
    }
  }
  // The pause between two tries is outside of the operation: reads go on while the file is locked.
  const read = (
    schedule: <T>(operation: () => Promise<T>) => Promise<T>,
    timeoutMs: number,
    statements: readonly InStatement[],
  ) =>
  (call: BoundedCall) =>
    retryWhileBusy(timeoutMs, () =>
      schedule(async () => {
        if (call.isOver) throw timedOut();
        return await batch("read", statements);
      }));
  async function run(statements: readonly InStatement[]) {
    try {
      return await batch("write", statements);
    } finally {
      writes++;
    }
  }
  /** A reader does not wait for a lock for long: that is left to the connection that writes. */
  const readBy = (reader: FileReaders["readPoint"]) => (statements: readonly InStatement[]) =>
    bounds.foreground(async (call) => {
      try {
        return (await reader(statements)).map(toResult);
      } catch (error) {
        if (!isBusyError(error)) throw fromEmbedded(error);
        return await read(scheduler.foreground, lockMs, statements)(call);
      }
    });
  const readByWriter = (statements: readonly InStatement[]) =>
    bounds.foreground(read(scheduler.foreground, lockMs, statements));
  const lock = { isLocked: isBusyError, pauseMs: BUSY_RETRY_MS, now: () => performance.now() };
  const foreground = shareWrites(scheduler.foreground, run, () => MAX_SHARED_WRITES, {
    ...lock,
    timeoutMs: lockMs,
  });
  const background = shareWrites(
    scheduler.background,
    run,
    () => isBusy() ? MAX_BACKGROUND_WRITES : MAX_SHARED_WRITES,
    { ...lock, timeoutMs: backgroundLockMs },
  );
  // A shared commit begins when the database is free, so there is no need to bound how many are under way.
  const commitsAtOnce = Infinity;
  return {
    embedded: true,
    maxValueBytes: Infinity,
    time: localTime(Date.now, () => performance.now()),
    commitsAtOnce,
    maxGroupItems: () => MAX_GROUP,
    maxGroupSize: MAX_GROUP_SIZE,
    bound: bounds.foreground,
    together: bounds.together,
    countWrites: () => writes,
    write(statements) {
      lastWriteAt = performance.now();
      return bounds.foreground((call) => foreground.write(statements, call));
    },
    onceWritable: foreground.onceWritable,
    read: readByWriter,
    readPoint: readers === undefined ? readByWriter : readBy(readers.readPoint),
    readLong: readers === undefined ? readByWriter : readBy(readers.readLong),
    background: {
      write: (statements) => bounds.background((call) => background.write(statements, call)),
      onceWritable: background.onceWritable,
      commitsAtOnce,
      maxGroupItems: () => isBusy() ? MAX_BACKGROUND_BATCH : MAX_IDLE_GROUP,
      maxGroupSize: MAX_GROUP_SIZE,
      bound: bounds.background,
      together: bounds.together,
      read: (statements) =>
        bounds.background(read(scheduler.background, backgroundLockMs, statements)),
      isBusy,
    },
    withinRequest: bounds.withinRequest,
    lost: lost.signal,
    async shutDown() {
      readers?.close();
      await connection.shutDown();
    },
    close() {
      readers?.close();
      connection.close();
    },
  };
}

/** A file is opened in a thread of its own. A database in memory is too quick to gain from one. */
function connectTo(
  url: string,
  onLost: (why: Error) => void,
): Promise<EmbeddedConnection | ThreadConnection> {
  return url.startsWith("file:")
    ? openInThread(url, BUSY_RETRY_MS, { onLost })
    : openEmbedded(url, BUSY_RETRY_MS);
}

/** Another process may have locked the file. Repeats the call until the time has passed, and once at least. */
async function retryWhileBusy<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
  for (const since = performance.now();;) {
    try {
      return await work();
    } catch (error) {
      if (!isBusyError(error) || performance.now() - since >= timeoutMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_RETRY_MS));
    }
  }
}
