/**
 * The time of the servers whose clock a test moves: the time in the database's last answer, which stands still with the
 * database's clock. An import map puts it in the place of `adapters/libsql/connection/database_time.ts`.
 */
import type { ResultSet } from "../../adapters/libsql/connection/batch.ts";
import {
  type FollowedTime,
  SELECT_TIME,
  type SendBatch,
} from "../../adapters/libsql/connection/database_time.ts";

export * from "../../adapters/libsql/connection/database_time.ts";

/** Reads the database's clock with every call. Before the first call the time is this machine's. */
export function followDatabaseTime<R extends ResultSet>(send: SendBatch<R>): FollowedTime<R> {
  let last: number | undefined;
  let first = 0;
  const now = () => last ?? Date.now();
  const follow = (via: SendBatch<R>): SendBatch<R> => async (statements, mode) => {
    const results = await via([...statements, SELECT_TIME], mode);
    const seconds = results.at(-1)?.rows[0]?.now;
    // Answers may arrive in another order than the database made them.
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
      // It does not stand still: the loops that wait for a while must go on.
      monotonic: () => performance.now() + (last ?? first) - first,
      isLocal: false,
      async ready() {
        if (last === undefined) await follow(send)([], "read");
      },
      skewMs: () => 0,
    },
  };
}
