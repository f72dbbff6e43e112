/** The limits of a pool. */
export interface PoolLimits {
  /** Max connections; a further user waits for one. */
  readonly most: number;
  /** Max uses of a connection, which is then closed. */
  readonly mostUses: number;
  /** How long a connection stays open without a use, in milliseconds. */
  readonly idleMs: number;
}

/** Connections that are used by one user at a time, and kept between the uses. */
export interface Pool<C> {
  /**
   * Waits for a place and returns an idle connection, the one that was used last, or `undefined` when the caller has to
   * open one. The caller must call {@link release}.
   *
   * @throws the signal's reason when it is aborted before there is a place
   */
  acquire(signal: AbortSignal): Promise<C | undefined>;
  /** Gives the place back. @param connection one that can be used again; `undefined` for none */
  release(connection: C | undefined): void;
  /** Closes the idle connections. */
  close(): void;
}

/**
 * Creates a pool without connections.
 *
 * @param isOpen whether an idle connection still works, as far as is known
 * @param close closes a connection
 */
export function createPool<C extends object>(
  { most, mostUses, idleMs }: PoolLimits,
  isOpen: (connection: C) => boolean,
  close: (connection: C) => void,
): Pool<C> {
  const idle: { readonly connection: C; readonly timer: ReturnType<typeof setTimeout> }[] = [];
  const uses = new WeakMap<C, number>();
  const waiting: (() => void)[] = [];
  let places = most;

  function takeIdle(): C | undefined {
    for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
      clearTimeout(last.timer);
      if (isOpen(last.connection)) return last.connection;
      close(last.connection);
    }
    return undefined;
  }

  function keep(connection: C): void {
    const timer = setTimeout(() => {
      idle.splice(idle.findIndex((each) => each.connection === connection), 1);
      close(connection);
    }, idleMs);
    idle.push({ connection, timer });
  }

  return {
    async acquire(signal) {
      signal.throwIfAborted();
      if (places > 0) places--;
      else await waitForPlace(waiting, signal);
      return takeIdle();
    },
    release(connection) {
      if (connection !== undefined) {
        const count = (uses.get(connection) ?? 0) + 1;
        uses.set(connection, count);
        if (count < mostUses && isOpen(connection)) keep(connection);
        else close(connection);
      }
      const next = waiting.shift();
      if (next === undefined) places++;
      else next();
    },
    close() {
      for (const { connection, timer } of idle.splice(0)) {
        clearTimeout(timer);
        close(connection);
      }
    },
  };
}

function waitForPlace(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const proceed = () => {
      signal.removeEventListener("abort", abort);
      resolve();
    };
    const abort = () => {
      waiting.splice(waiting.indexOf(proceed), 1);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    waiting.push(proceed);
  });
}
