/** A database elsewhere: each call is a round trip. */
import type { InStatement } from "@libsql/client";
import { enterCall } from "../../invocation/invocation.ts";
import { refuseCall } from "../../invocation/refuse_call.ts";
import type { BatchMode, ResultSet } from "./batch.ts";
import { type BoundedCall, type CallBounds, createCallBounds } from "./call_bounds.ts";
import { DATABASE_TIMEOUTS, type DatabaseConfig } from "./config.ts";
import { followDatabaseTime } from "./database_time.ts";
import { toParts } from "./embedded.ts";
import { MAX_GROUP_SIZE, MAX_REMOTE_GROUP } from "./group_commit.ts";
import { timedOut } from "./unavailable.ts";

/** How many shared commits of one kind may be on their way to a server: a slow one does not delay all others. */
const COMMITS_AT_ONCE = 4;
/**
 * When a further shared commit begins beside one that is on its way. Without it the items of a busy process are spread
 * over four small commits, and a server that several processes write to has several times the work for the same items.
 */
const COMMIT_BESIDE = { items: 16, afterMs: 150 } as const;
/** How many calls of one priority may be on their way; the others wait, and are not sent when their time is over. */
const CALLS_AT_ONCE = 20;

/** A connection to a database elsewhere. */
export interface RemoteClient {
  /**
   * Runs all of the statements or none, in one transaction and one round trip.
   *
   * @throws StoreUnavailable when the database is unavailable; otherwise an error that a statement caused
   */
  batch(statements: readonly InStatement[], mode: BatchMode): Promise<readonly ResultSet[]>;
  close(): void;
}

/** How much goes into one call, as `Database` states it. */
export interface RemoteSizes {
  readonly maxGroupSize: number;
  readonly maxValueBytes: number;
}

const SERVER_SIZES: RemoteSizes = { maxGroupSize: MAX_GROUP_SIZE, maxValueBytes: Infinity };

/** Makes a connection whose calls wait for `timeoutMs` at most. It makes no call yet. */
export type Connect = (timeoutMs: number) => RemoteClient;

/** Opens a database elsewhere. It makes no call, so a wrong address or token fails at the first call. */
export function openRemote(
  config: Omit<DatabaseConfig, "url">,
  connect: Connect,
  { maxGroupSize, maxValueBytes }: RemoteSizes = SERVER_SIZES,
) {
  const { timeouts = DATABASE_TIMEOUTS, clientPerCall = false } = config;
  const bounds = createCallBounds(timeouts.requestMs);
  const clock = followDatabaseTime<ResultSet>(
    (statements, mode) => bounds.foreground((call) => foreground.send(call, statements, mode)),
    config.machine,
  );

  /** The calls of foreground or of background work. */
  function createCalls(timeoutMs: number, bound: CallBounds["foreground"]) {
    const shared = clientPerCall ? undefined : connect(timeoutMs);
    const acquire = clientPerCall ? () => enterCall("database") : createSemaphore(CALLS_AT_ONCE);

    async function send(
      call: BoundedCall,
      statements: readonly InStatement[],
      mode: BatchMode,
      follow: typeof clock.follow = (via) => via,
    ): Promise<readonly ResultSet[]> {
      // Throws for what SQL cannot hold, which is no error of the server.
      for (const statement of statements) toParts(statement);
      const release = await acquire().catch(refuseCall);
      const client = shared ?? connect(timeoutMs);
      try {
        if (call.isOver) throw timedOut();
        const via = (all: readonly InStatement[], how: BatchMode) => client.batch(all, how);
        return await follow(via)(statements, mode);
      } finally {
        release();
        if (shared === undefined) client.close();
      }
    }

    return {
      write: (statements: readonly InStatement[]) =>
        bound((call) => send(call, statements, "write", clock.follow)),
      read: (statements: readonly InStatement[]) =>
        bound((call) => send(call, statements, "read", clock.follow)),
      send,
      onceWritable: (callback: () => void) => void setImmediate(callback),
      commitsAtOnce: COMMITS_AT_ONCE,
      maxGroupItems: () => MAX_REMOTE_GROUP,
      maxGroupSize,
      beside: COMMIT_BESIDE,
      bound,
      together: bounds.together,
      close: () => shared?.close(),
    };
  }

  const foreground = createCalls(timeouts.requestMs, bounds.foreground);
  const background = createCalls(timeouts.backgroundMs, bounds.background);
  function close(): void {
    foreground.close();
    background.close();
  }
  return {
    embedded: false,
    maxValueBytes,
    countWrites: () => undefined,
    time: clock.time,
    ...foreground,
    readPoint: foreground.read,
    readLong: foreground.read,
    background: { ...background, isBusy: () => false },
    withinRequest: bounds.withinRequest,
    lost: undefined,
    shutDown: () => Promise.resolve(close()),
    close,
  };
}

/** Creates a semaphore, which is acquired in the order of the calls. @returns `acquire`, which returns `release` */
function createSemaphore(permits: number): () => Promise<() => void> {
  const waiting: (() => void)[] = [];
  let acquired = 0;
  function release(): void {
    const next = waiting.shift();
    if (next === undefined) acquired--;
    else next();
  }
  return async () => {
    if (acquired < permits) acquired++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return release;
  };
}
