/** A Worker that passes calls from outside of workerd to databases in Durable Objects, which do not migrate. */
import { DurableObject } from "cloudflare:workers";
import type {
  ObjectAnswer,
  ObjectCall,
  ObjectDatabase,
  ObjectNamespace,
} from "../../adapters/libsql/connection/object_protocol.ts";
import { answerCall, type SqlStorage } from "../../adapters/libsql/connection/object_storage.ts";
import { migrateObject } from "../../adapters/libsql/schema/migrate_object.ts";
import { decodeCall, encodeCall } from "./object_codec.ts";

interface EmptyDatabases extends ObjectNamespace {
  get(id: unknown): ObjectDatabase & Pick<EmptyDatabase, "migrate">;
}

/** A database without a schema, until it migrates. */
export class EmptyDatabase extends DurableObject {
  readonly #storage: SqlStorage;

  constructor(state: { readonly storage: SqlStorage }, env: unknown) {
    super(state, env);
    this.#storage = state.storage;
  }

  call(call: ObjectCall): ObjectAnswer {
    return answerCall(this.#storage, call);
  }

  async migrate(now: number): Promise<void> {
    await migrateObject(this.#storage, now);
  }
}

export default {
  /** The path is the name of the object, and the body the call; `PUT` migrates at a time, which is the body. */
  async fetch(request: Request, { OBJECTS }: { readonly OBJECTS: EmptyDatabases }) {
    const body = await request.text();
    const object = OBJECTS.get(OBJECTS.idFromName(new URL(request.url).pathname));
    if (request.method === "PUT") {
      await object.migrate(Number(body));
      return new Response();
    }
    return new Response(encodeCall(await object.call(decodeCall(body) as ObjectCall)));
  },
};
