/** Where the database is, and how long its calls wait. */

import type { MachineClocks } from "./database_time.ts";

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
  /** How long calls wait; tests wait for less. */
  readonly timeouts?: DatabaseTimeouts;
}

/** How long calls wait, in milliseconds. */
export interface DatabaseTimeouts {
  /** All calls of a request together, and one call of foreground work to a remote database. */
  readonly requestMs: number;
  /** One call of background work to a remote database. */
  readonly backgroundMs: number;
  /** A write of a request while another process has locked the file. Less than a request: nothing is written after it. */
  readonly lockMs: number;
  /** The same for background work. */
  readonly backgroundLockMs: number;
}

/** The time-outs that hold; a request is answered within 5 seconds of its arrival. */
export const DATABASE_TIMEOUTS: DatabaseTimeouts = {
  requestMs: 4_500,
  backgroundMs: 10_000,
  lockMs: 4_000,
  backgroundLockMs: 10_000,
};
