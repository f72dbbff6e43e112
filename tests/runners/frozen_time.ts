/**
 * The time of the servers whose clock a test moves: that of the last answer of the database, so that it stands still with
 * the database's clock. It stands in for `adapters/libsql/connection/database_time.ts` by an import map.
 */
import type { ResultSet } from "../../adapters/libsql/connection/batch.ts";
import {
  type FollowedTime,
  SELECT_TIME,
  type SendBatch,
} from "../../adapters/libsql/connection/database_time.ts";

export * from "../../adapters/libsql/connection/database_time.ts";

/** Follows the database's clock by every call. Before the first one its time is this machine's. */
export function followDatabaseTime<R extends ResultSet>(send: SendBatch<R>): FollowedTime<R> {
  let last: number | undefined;
  let first = 0;
  const now = () => last ?? Date.now();
  const follow = (via: SendBatch<R>): SendBatch<R> => async (statements, mode) => {
    const results = await via([...statements, SELECT_TIME], mode);
    const seconds = results.at(-1)?.rows[0]?.now;
    // Answers may come in another order than they were made.
    if (typeof seconds === "number") {
      const ms = Math.round(seconds * 1000);
      if (last === undefined) first = ms;
      last = Math.max(last ?? 0, ms);
    }
    return results.slice(0, -1);
  };
  return {
    send: follow(send),
    follow,
    time: {
      now,
      // It goes on, so that what is done again after a while is.
      monotonic: () => performance.now() + (last ?? first) - first,
      isLocal: false,
      async ready() {
        if (last === undefined) await follow(send)([], "read");
      },
      skewMs: () => 0,
    },
  };
}
