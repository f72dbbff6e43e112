/** A server of a runner's host. */
import type { Database } from "../../adapters/libsql/connection/database.ts";
import type { InvocationUse } from "./watched/invocation_use.ts";

/** What the host gives a server. */
export interface Start {
  /** The variables that a test sets, and the host's. */
  readonly environment: Readonly<Record<string, string>>;
  /** The path of the import map, by which its sandbox tells the host what it got. */
  readonly importMap: string;
  /** The database's clock, where it is not the machine's; Hark keeps the database's time. */
  readonly clock: (() => number) | undefined;
}

/** A server of Hark with a database of its own. Disposing ends it. */
export interface Hosted extends AsyncDisposable {
  readonly url: string;
  /** Its database, for the host. */
  readonly db: Database;
  /** Its database as a libSQL server, for tests. */
  readonly database: { readonly url: string; readonly authToken: string };
  /** The lines of its log so far. */
  readonly lines: readonly string[];
  /** Runs the background work once, where it does not run by itself. */
  runDue(): Promise<void>;
  /** How many messages its work queue has. */
  queued(): Promise<number>;
  /** How many works that requests left behind are under way, where it can be known. */
  tails(): Promise<number>;
  /** The most that an invocation of it has used; absent where there are no invocations. */
  readonly use?: () => Promise<InvocationUse>;
}
