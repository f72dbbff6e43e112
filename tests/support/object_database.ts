/** Databases in Durable Objects of a local workerd, opened from outside of it as a Worker opens its own. */
import { OBJECT_URL } from "../../adapters/libsql/connection/config.ts";
import { type Database, openDatabase } from "../../adapters/libsql/connection/database.ts";
import type { ObjectAnswer, ObjectCall } from "../../adapters/libsql/connection/object_protocol.ts";
import { decodeCall, encodeCall } from "./object_codec.ts";
import { bundleWorker, type RunningWorker, startWorker } from "./workerd.ts";

/** A workerd with Durable Objects, each an empty database until it is written to. */
export interface ObjectDatabases extends AsyncDisposable {
  /** Opens the database of a name, as a Worker does. */
  open(name: string): Promise<Database>;
  /** Migrates the database of a name to the current schema; `now` is in epoch milliseconds. */
  migrate(name: string, now: number): Promise<void>;
}

/** Starts workerd. */
export async function startObjectDatabases(): Promise<ObjectDatabases> {
  const worker = await startWorker({
    script: await bundleWorker(new URL("./object_worker.ts", import.meta.url)),
    bindings: {},
    sqliteObjects: { OBJECTS: "EmptyDatabase" },
  });
  return {
    open: (name) =>
      openDatabase({
        url: OBJECT_URL,
        objects: {
          idFromName: () => name,
          get: () => ({ call: (call) => callObject(worker, name, call) }),
        },
      }),
    async migrate(name, now) {
      const { status } = await worker.fetch(`/${name}`, { method: "PUT", body: String(now) });
      if (status !== 200) throw new Error("the object has not migrated");
    },
    [Symbol.asyncDispose]: () => worker.close(),
  };
}

async function callObject(
  worker: RunningWorker,
  name: string,
  call: ObjectCall,
): Promise<ObjectAnswer> {
  const answer = await worker.fetch(`/${name}`, { method: "POST", body: encodeCall(call) });
  if (answer.status !== 200) throw new Error(await answer.text());
  return decodeCall(await answer.text()) as ObjectAnswer;
}
