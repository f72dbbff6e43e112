/** The Durable Object that holds the database where `DATABASE_URL` is `durable-object:`. */
import { DurableObject } from "cloudflare:workers";
import type { ObjectAnswer, ObjectCall } from "../../adapters/libsql/connection/object_protocol.ts";
import { answerCall, type SqlStorage } from "../../adapters/libsql/connection/object_storage.ts";
import { SchemaError } from "../../adapters/libsql/schema/schema_error.ts";
import { SCHEMA_VERSION } from "../../adapters/libsql/schema/schema_version.ts";

/** What this file uses of an object's state (developers.cloudflare.com/durable-objects/api/state). */
interface ObjectState {
  readonly storage: SqlStorage;
  blockConcurrencyWhile(work: () => Promise<void>): Promise<void>;
}

/**
 * A database with the schema of this code. It migrates when it wakes, before its first call. When that fails for a
 * reason that may pass, the platform ends the object, and the next call wakes it again.
 */
export class DatabaseObject extends DurableObject {
  readonly #storage: SqlStorage;
  /** Why this code cannot use the schema of the database. */
  #refusal: string | undefined;

  constructor(state: ObjectState, env: unknown) {
    super(state, env);
    this.#storage = state.storage;
    void state.blockConcurrencyWhile(() => this.#migrate());
  }

  /** Runs all of the statements of a call or none. The answer leaves the object when the commit is durable. */
  call(call: ObjectCall): ObjectAnswer {
    if (this.#refusal !== undefined) return { kind: "schema-refused", message: this.#refusal };
    if (call.schemaVersion > SCHEMA_VERSION) return { kind: "schema-older" };
    return answerCall(this.#storage, call);
  }

  async #migrate(): Promise<void> {
    try {
      const { migrateObject } = await import("../../adapters/libsql/schema/migrate_object.ts");
      await migrateObject(this.#storage, Date.now());
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      this.#refusal = error.message;
    }
  }
}
