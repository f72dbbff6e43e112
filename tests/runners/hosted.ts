/** A server of a runner's host. */
import type { Database } from "../../adapters/libsql/connection/database.ts";
import type { InvocationUse } from "./watched/invocation_use.ts";

/** What the host starts a server with. */
export interface StartOptions {
  /** The variables that a test sets, and the host's. */
  readonly environment: Readonly<Record<string, string>>;
  /** The path of the import map (`import_map.ts`), by which the server's sandbox reports its messages to the host. */
  readonly importMap: string;
  /** The database's clock; `undefined` for the machine's. Hark's time is that of its database. */
  readonly clock: (() => number) | undefined;
}

/** A server of Hark with a database of its own. Disposing ends it. */
export interface HostedServer extends AsyncDisposable {
  readonly url: string;
  /** Its database, opened by the host. */
  readonly db: Database;
  /** Its database as a libSQL server, for tests. */
  readonly database: { readonly url: string; readonly authToken: string };
  /** The lines of its log so far. */
  readonly lines: readonly string[];
  /** Runs the background work once; does nothing where a loop of the server runs it. */
  runDue(): Promise<void>;
  /** How many messages its work queue has that are not acknowledged; 0 for a server without a queue. */
  queued(): Promise<number>;
  /** How many promises given to `waitUntil` have not settled yet; 0 where the host cannot know it. */
  tails(): Promise<number>;
  /** Returns the most that one of its invocations has used; absent for a server without invocations. */
  readonly use?: () => Promise<InvocationUse>;
}
