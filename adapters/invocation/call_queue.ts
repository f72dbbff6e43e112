/** The queue of an invocation's outgoing calls. */

/** Thrown for a call that an invocation may not make any more; it was not made. */
export class CallsUsedUp extends Error {
  override readonly name = "CallsUsedUp";
  constructor() {
    super("the invocation has made all calls that it may make");
  }
}

/**
 * What a call is for: `settlement` writes down what became of messages, `database` is any other call of the database,
 * `other` calls a provider, an endpoint or a key server.
 */
export type CallPurpose = "settlement" | "database" | "other";

/** Lets an invocation make few calls at a time, and counts them. */
export interface CallQueue {
  /**
   * Waits until the call may begin. Calls of the database go before others, and one connection is left to them: a slow
   * provider delays no settlement.
   *
   * @returns a function to call when the call has ended, its answer read; further calls of it have no effect
   * @throws CallsUsedUp when no further call may be made, the signal's reason when it is aborted before the call begins
   */
  enter(purpose: CallPurpose, signal?: AbortSignal): Promise<() => void>;
  /** How many more calls may be made that are not settlements. */
  left(): number;
  /** Lets no further call begin: the platform refuses them. */
  useUp(): void;
  /** How many calls have begun, or wait. */
  readonly made: number;
  /** How many calls have begun. */
  readonly begun: number;
}

/**
 * How many of an invocation's calls only settlements may make: a message whose settlement is lost is sent twice. It is a
 * fifth of the calls of the free plan.
 */
export const SETTLEMENT_CALLS = 10;
/** How many connections only calls of the database may use. */
const DATABASE_CONNECTIONS = 1;

/** A call that waits for a connection. */
interface Waiting {
  readonly begin: () => void;
}

/** Creates the queue of one invocation. */
export function createCallQueue(
  { connections, calls }: { readonly connections: number; readonly calls: number },
): CallQueue {
  const waiting: Record<"database" | "other", Set<Waiting>> = {
    database: new Set(),
    other: new Set(),
  };
  let most = calls;
  let made = 0;
  let open = 0;
  let openOthers = 0;

  function mayBegin(isOther: boolean): boolean {
    return open < connections && (!isOther || openOthers < connections - DATABASE_CONNECTIONS);
  }

  // Calls that wait are counted in `made` already.
  const left = () => Math.max(0, most - SETTLEMENT_CALLS - made);

  function beginCall(isOther: boolean): () => void {
    open++;
    if (isOther) openOthers++;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      open--;
      if (isOther) openOthers--;
      beginNext();
    };
  }

  function beginNext(): void {
    for (const [kind, isOther] of [["database", false], ["other", true]] as const) {
      const [next] = waiting[kind];
      if (next === undefined || !mayBegin(isOther)) continue;
      waiting[kind].delete(next);
      next.begin();
      return;
    }
  }

  return {
    async enter(purpose, signal) {
      signal?.throwIfAborted();
      if (purpose === "settlement" ? made >= most : left() === 0) throw new CallsUsedUp();
      made++;
      const isOther = purpose === "other";
      if (mayBegin(isOther)) return beginCall(isOther);
      return await new Promise<() => void>((resolve, reject) => {
        const place: Waiting = {
          begin() {
            signal?.removeEventListener("abort", giveUp);
            resolve(beginCall(isOther));
          },
        };
        const giveUp = () => {
          waiting[isOther ? "other" : "database"].delete(place);
          made--;
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", giveUp, { once: true });
        waiting[isOther ? "other" : "database"].add(place);
      });
    },
    left,
    useUp() {
      most = Math.min(most, made);
    },
    get made() {
      return made;
    },
    get begun() {
      return made - waiting.database.size - waiting.other.size;
    },
  };
}
