/** Where the database is, and how long its calls wait. */

import type { MachineClocks } from "./database_time.ts";
import type { DatabaseNamespace } from "./object_protocol.ts";

/** The address of the database in a Durable Object of the Worker itself. */
export const OBJECT_URL = "durable-object:";

/** The address of the database, and the settings of its connection. */
export interface DatabaseConfig {
  /** `file:…`, `:memory:`, `http(s)://…`, `libsql://…` or {@link OBJECT_URL}. */
  readonly url: string;
  /** The Durable Objects of which one holds the database, for {@link OBJECT_URL}. */
  readonly objects?: DatabaseNamespace | undefined;
  readonly authToken?: string | undefined;
  /**
   * Whether to create a client for each call of a remote database, `false` by default: on Workers a client may not
   * outlive its request.
   */
  readonly clientPerCall?: boolean;
  /** Sends the requests to a remote database. Tests pass their own server. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** This machine's clocks, for a remote database. Tests pass their own. */
  readonly machine?: MachineClocks;
  /** How long calls wait, {@link DATABASE_TIMEOUTS} by default; tests wait for less. */
  readonly timeouts?: DatabaseTimeouts;
}

/** How long calls wait, in milliseconds. */
export interface DatabaseTimeouts {
  /**
   * All calls of a request together, and one foreground call (one that is not background work) to a remote database.
   */
  readonly requestMs: number;
  /** One call of background work to a remote database. */
  readonly backgroundMs: number;
  /**
   * A read or write of a request while another process has locked the file. Less than `requestMs`, so that the call
   * is given up before its request is.
   */
  readonly lockMs: number;
  /** A read or write of background work while another process has locked the file. */
  readonly backgroundLockMs: number;
}

/** The time-outs of an application that serves requests. A request is answered within 5 seconds of its arrival. */
export const DATABASE_TIMEOUTS: DatabaseTimeouts = {
  requestMs: 4_500,
  backgroundMs: 10_000,
  lockMs: 4_000,
  backgroundLockMs: 10_000,
};

/**
 * The time-outs of a migration, which no caller waits for: its largest transactions rename and convert tables, or drop one
 * with millions of rows.
 */
export const MIGRATION_TIMEOUTS: DatabaseTimeouts = {
  requestMs: 600_000,
  backgroundMs: 600_000,
  lockMs: 60_000,
  backgroundLockMs: 60_000,
};
