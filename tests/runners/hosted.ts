/** What the host of a runner knows of a server that it has started. */
import type { Database } from "../../adapters/libsql/connection/database.ts";

/** The variables of a server, beside those of every server. */
export type Environment = Readonly<Record<string, string>>;

/** What the host gives a server. */
export interface Start {
  readonly environment: Environment;
  /** The path of the import map of {@link writeImportMap}. */
  readonly importMap: string;
  /** The database's clock, where it is not the machine's; Hark keeps the database's time. */
  readonly clock: (() => number) | undefined;
}

/** A server of Hark with a database of its own. Disposing ends it. */
export interface Hosted extends AsyncDisposable {
  readonly url: string;
  /** Its database, for the host. */
  readonly db: Database;
  /** Its database, for tests. */
  readonly database: DatabaseAddress;
  /** Runs the background work once, where it does not run by itself. */
  runDue(): Promise<void>;
}

/** Where a libSQL server is. */
export interface DatabaseAddress {
  readonly url: string;
  readonly authToken: string;
}
