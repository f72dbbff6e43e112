/** The calls between a Worker and the Durable Object that holds its database. */
import type { InStatement } from "@libsql/client";
import { hasMethods } from "../../has_methods.ts";
import type { BatchMode, RawResult } from "./batch.ts";

/** A call: the statements of one transaction, and the schema version that the caller's code needs. */
export interface ObjectCall {
  readonly statements: readonly InStatement[];
  readonly mode: BatchMode;
  readonly schemaVersion: number;
}

/**
 * The object's answer to a call. Errors of the object's code are values, since an exception that crosses the call loses
 * its code. So an exception of a call is always the platform's.
 */
export type ObjectAnswer =
  | { readonly kind: "done"; readonly results: readonly RawResult[] }
  /** The statements failed, and wrote nothing. `code` is SQLite's primary result code, or that of an answer too large. */
  | { readonly kind: "failed"; readonly message: string; readonly code: string | undefined }
  /** The object's code cannot use the schema of its database. The message says what to do. */
  | { readonly kind: "schema-refused"; readonly message: string }
  /** The object still runs older code than its caller, and has not migrated yet. */
  | { readonly kind: "schema-older" };

/** The code of `StoreUnavailable` when the binding leads to objects of another class than that of the database. */
export const OTHER_CLASS = "OBJECT_OF_OTHER_CLASS";

/** The methods of the object. */
export interface ObjectDatabase {
  /** Runs all of the statements or none. It resolves after the commit is durable. */
  call(call: ObjectCall): Promise<ObjectAnswer>;
}

/** The binding of a Worker to the Durable Objects that hold databases. */
export interface DatabaseNamespace {
  idFromName(name: string): unknown;
  get(id: unknown): ObjectDatabase;
}

/** Whether a binding is one to Durable Objects, of whatever class: the binding does not name it. */
export function isDatabaseNamespace(binding: unknown): binding is DatabaseNamespace {
  return hasMethods(binding, ["idFromName", "get"]);
}
