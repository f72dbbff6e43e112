/** A database that counts its calls. */
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import { migrateEmpty } from "./migrated.ts";

/** A database with the calls that it got. */
export interface CallCounter {
  readonly db: Database;
  /** The calls since the last one of this: each the number of its statements. */
  take(): { readonly reads: readonly number[]; readonly writes: readonly number[] };
}

/** An empty database that counts the calls; a remote one makes a request for each. */
export async function openCallCounter(): Promise<CallCounter> {
  const opened = await openDatabase({ url: ":memory:" });
  await migrateEmpty(opened, Date.now());
  let reads: number[] = [];
  let writes: number[] = [];
  const countRead = (call: Database["read"]): Database["read"] => (statements) => {
    reads.push(statements.length);
    return call(statements);
  };
  return {
    db: {
      ...opened,
      read: countRead(opened.read),
      readPoint: countRead(opened.readPoint),
      readLong: countRead(opened.readLong),
      write(statements) {
        writes.push(statements.length);
        return opened.write(statements);
      },
    },
    take() {
      const taken = { reads, writes };
      [reads, writes] = [[], []];
      return taken;
    },
  };
}
