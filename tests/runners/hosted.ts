/** A server of a runner's host. */
import type { Database } from "../../adapters/libsql/connection/database.ts";
import type { InvocationUse } from "./watched/invocation_use.ts";

/** The variables that a test sets. */
export type Environment = Readonly<Record<string, string>>;

/** The address in links is that of applications in process. */
export const ADDRESS = {
  PUBLIC_URL: "http://hark.test",
  ALLOW_INSECURE: "http-public-url",
} as const;

/** A server of Hark with a database of its own. */
export interface Hosted extends AsyncDisposable {
  readonly url: string;
  readonly db: Database;
  /** Runs the background work once, where it does not run by itself. */
  runDue(): Promise<void>;
  /** How many messages its work queue has. */
  queued(): Promise<number>;
  /** The most that an invocation of it has used; absent where there are no invocations. */
  readonly use?: () => Promise<InvocationUse>;
}
