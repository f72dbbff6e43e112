import { createTurns } from "./turns.ts";
import { type Client, createClient, type InStatement, type ResultSet } from "@libsql/client";

/** The libSQL database as the adapters use it: no interactive transactions, every call one round trip. */
export interface Database {
  /** A file or memory of this process, not a server. */
  readonly embedded: boolean;
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
  /**
   * Collects garbage at once. A statement of libSQL's that met a busy file is not put away before its object is
   * collected, and until then nothing can be committed.
   */
  readonly collectGarbage?: () => void;
  /** The way to a remote database; a test's own server can stand here. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** How long one call to a remote database may take: its client has no limit of its own. */
export const REMOTE_TIMEOUT_MS = 10_000;
/** How long a write waits for another process that holds the file, all in all. */
export const BUSY_PATIENCE_MS = 5_000;
/** How long after a write that somebody waits for the next one is to be expected. */
const BUSY_MS = 300;
/** How long one try of it waits: nothing else runs meanwhile. */
const BUSY_TIMEOUT_MS = 50;

/**
 * Opens the database.
 *
 * An embedded one keeps a single connection, so that its pragmas hold for every statement and no two statements
 * of this process can meet; `synchronous=FULL` makes a commit durable before it is answered.
 */
export async function openDatabase(config: DatabaseConfig): Promise<Database> {
  const embedded = config.url.startsWith("file:") || config.url === ":memory:";
  return embedded ? await openEmbedded(config) : openRemote(config);
}

async function openEmbedded({ url, collectGarbage }: DatabaseConfig): Promise<Database> {
  const client = createClient({ url, concurrency: 1, timeout: BUSY_TIMEOUT_MS });
  const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
    const tries = BUSY_PATIENCE_MS / (2 * BUSY_TIMEOUT_MS);
    for (let left = tries; left > 0; left--) {
      try {
        return await work();
      } catch (error) {
        if (!isBusy(error)) throw error;
        collectGarbage?.();
        await new Promise((resolve) => setTimeout(resolve, BUSY_TIMEOUT_MS));
      }
    }
    return await work();
  };
  await patiently(() => client.execute("PRAGMA journal_mode = WAL"));
  await client.execute("PRAGMA synchronous = FULL");
  const turns = createTurns();
  let lastWriteAt = -Infinity;
  const write = (statements: readonly InStatement[]) => () =>
    patiently(() => client.batch([...statements], "write"));
  const read = (statements: readonly InStatement[]) => () =>
    patiently(() => client.batch([...statements], "read"));
  return {
    embedded: true,
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
    close: () => client.close(),
  };
}

/** Whether another process holds the file, or a statement that met it is still in the way. Nothing has been written. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return code.startsWith("SQLITE_BUSY") || /SQL statements in progress/.test(error.message);
}

/** Whether no statement is to blame: the file is busy, or the server was not reached or did not answer. */
export function isUnavailable(error: unknown): boolean {
  if (isBusy(error) || error instanceof TypeError || error instanceof DOMException) return true;
  if (!(error instanceof Error) || !("code" in error)) return false;
  return typeof error.code === "string" && /^(?:SERVER_ERROR$|HRANA_)/.test(error.code);
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
    if (shared !== undefined) return await shared.batch([...statements], mode);
    const client = connect();
    try {
      return await client.batch([...statements], mode);
    } finally {
      client.close();
    }
  }
  const calls = {
    write: (statements: readonly InStatement[]) => batch(statements, "write"),
    read: (statements: readonly InStatement[]) => batch(statements, "read"),
  };
  return {
    embedded: false,
    ...calls,
    patient: { ...calls, isBusy: () => false },
    close: () => shared?.close(),
  };
}
