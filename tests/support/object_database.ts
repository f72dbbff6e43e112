/** Databases in Durable Objects of a local workerd, opened from outside of it as a Worker opens its own. */
import { OBJECT_URL } from "../../adapters/libsql/connection/config.ts";
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import type { ObjectAnswer, ObjectCall } from "../../adapters/libsql/connection/object_protocol.ts";
import { decodeCall, encodeCall } from "./object_codec.ts";
import { bundleWorker, startWorker } from "./workerd.ts";

/** A workerd with Durable Objects, each an empty database until it is written to. */
export interface ObjectDatabases extends AsyncDisposable {
  /** Returns the connection to the database of a name. */
  connect(name: string): ObjectConnection;
}

/** A connection to one object, with faults that a test asks for. */
export interface ObjectConnection {
  /** Opens the database, as a Worker does. */
  open(): Promise<Database>;
  /** Calls since the start or the last `resetCount`, failed ones included. */
  readonly roundTrips: number;
  resetCount(): void;
  /** The object runs the next call, and its reply is lost. */
  loseNextReply(): void;
  /** The next call does not arrive. */
  failNext(): void;
}

/** Starts workerd. */
export async function startObjectDatabases(): Promise<ObjectDatabases> {
  const worker = await startWorker({
    script: await bundleWorker(new URL("./object_worker.ts", import.meta.url)),
    bindings: {},
    sqliteObjects: { OBJECTS: "EmptyDatabase" },
  });
  return {
    connect: (name) =>
      createConnection(async (call) => {
        const init = { method: "POST", body: encodeCall(call) };
        const reply = await fetch(new URL(name, worker.url), init);
        const text = await reply.text();
        if (reply.status !== 200) throw new Error(text);
        return decodeCall(text) as ObjectAnswer;
      }),
    [Symbol.asyncDispose]: () => worker.close(),
  };
}

function createConnection(send: (call: ObjectCall) => Promise<ObjectAnswer>): ObjectConnection {
  let roundTrips = 0;
  let fault: "lost-reply" | "failed" | undefined;

  async function call(call: ObjectCall): Promise<ObjectAnswer> {
    roundTrips++;
    const now = fault;
    fault = undefined;
    if (now === "failed") throw new Error("Network connection lost.");
    const answer = await send(call);
    if (now === "lost-reply") throw new Error("Network connection lost.");
    return answer;
  }

  return {
    open: () =>
      openDatabase({
        url: OBJECT_URL,
        objects: { idFromName: (name) => name, get: () => ({ call }) },
      }),
    get roundTrips() {
      return roundTrips;
    },
    resetCount: () => void (roundTrips = 0),
    loseNextReply: () => void (fault = "lost-reply"),
    failNext: () => void (fault = "failed"),
  };
}
