/**
 * Connections that only read a file. In WAL mode they wait for no writer and no writer waits for them. Each call begins
 * a read transaction, so it sees every write that was committed before.
 */
import type { InStatement } from "@libsql/client";
import type { RawResult } from "./batch.ts";
import { openEmbedded } from "./embedded.ts";
import { openInThread } from "./thread.ts";
import { isBusyError } from "./unavailable.ts";

/** Runs statements in one read transaction. @throws as `EmbeddedConnection.batch` */
type Read = (statements: readonly InStatement[]) => Promise<readonly RawResult[]>;

/** The connections that read a file. Each is opened by its first call. */
export interface FileReaders {
  /** Reads a few rows by their keys, in the calling thread, which it blocks. */
  readonly readPoint: Read;
  /** Reads many rows, or rows that have to be searched for, in a thread of its own. */
  readonly readLong: Read;
  close(): void;
}

/** A connection, in this thread or in another one. */
interface Connection {
  batch(
    statements: readonly InStatement[],
    mode: "read",
  ): readonly RawResult[] | Promise<readonly RawResult[]>;
  close(): void;
}

/**
 * Creates the connections that read a file. It opens none yet.
 *
 * @param busyTimeoutMs how long a long read waits for another process that has locked the file, in milliseconds; a
 * read by keys does not wait
 * @param onLost called once when the thread of long reads has ended by itself
 */
export function createFileReaders(
  url: string,
  busyTimeoutMs: number,
  onLost: (why: Error) => void,
): FileReaders {
  const point = createReader(() => openEmbedded(url, 0, "read"));
  const long = createReader(() => openInThread(url, busyTimeoutMs, { access: "read", onLost }));
  return {
    readPoint: point.read,
    readLong: long.read,
    close() {
      point.close();
      long.close();
    },
  };
}

function createReader(
  open: () => Promise<Connection>,
): { readonly read: Read; close(): void } {
  let opened: Promise<Connection> | undefined;
  let isClosed = false;

  function discard(): void {
    const connection = opened;
    opened = undefined;
    connection?.then((connection) => connection.close(), () => {});
  }

  return {
    async read(statements) {
      if (isClosed) throw new Error("the database is closed");
      opened ??= open();
      const connection = opened;
      try {
        return await (await connection).batch(statements, "read");
      } catch (error) {
        // A connection that could not be opened, or whose statement stays active: the next call opens another one.
        const isOpen = await connection.then(() => true, () => false);
        if ((!isOpen || isBusyError(error)) && opened === connection) discard();
        throw error;
      }
    },
    close() {
      isClosed = true;
      discard();
    },
  };
}
