/** A Worker that passes calls from outside of workerd to databases in Durable Objects, which do not migrate. */
import { DurableObject } from "cloudflare:workers";
import type {
  DatabaseNamespace,
  ObjectAnswer,
  ObjectCall,
} from "../../adapters/libsql/connection/object_protocol.ts";
import { answerCall, type SqlStorage } from "../../adapters/libsql/connection/object_storage.ts";
import { decodeCall, encodeCall } from "./object_codec.ts";

/** A database without a schema. */
export class EmptyDatabase extends DurableObject {
  readonly #storage: SqlStorage;

  constructor(state: { readonly storage: SqlStorage }, env: unknown) {
    super(state, env);
    this.#storage = state.storage;
  }

  call(call: ObjectCall): ObjectAnswer {
    return answerCall(this.#storage, call);
  }
}

export default {
  /** The path is the name of the object, and the body the call. */
  async fetch(request: Request, { OBJECTS }: { readonly OBJECTS: DatabaseNamespace }) {
    const call = decodeCall(await request.text()) as ObjectCall;
    const object = OBJECTS.get(OBJECTS.idFromName(new URL(request.url).pathname));
    return new Response(encodeCall(await object.call(call)));
  },
};
