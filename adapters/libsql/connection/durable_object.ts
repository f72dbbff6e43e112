/** A database in a Durable Object, called by a Worker. */
import { StoreUnavailable } from "../../../domain/ports/store_unavailable.ts";
import { ValueTooLarge } from "../../../domain/ports/value_too_large.ts";
import { withPlatformLimit } from "../../invocation/invocation.ts";
import { refuseCall } from "../../invocation/refuse_call.ts";
import { withTimeout } from "../../with_timeout.ts";
import { SchemaError } from "../schema/schema_error.ts";
import { SCHEMA_VERSION } from "../schema/schema_version.ts";
import type { RawResult } from "./batch.ts";
import {
  type DatabaseNamespace,
  type ObjectAnswer,
  type ObjectCall,
  type ObjectDatabase,
  OTHER_CLASS,
} from "./object_protocol.ts";
import type { RemoteClient, RemoteSizes } from "./remote.ts";
import { toResult } from "./to_result.ts";
import { ANSWER_TOO_LARGE, fromEmbedded, timedOut } from "./unavailable.ts";

/** The name of the one object that holds the database. Another name is another, empty database. */
const OBJECT_NAME = "hark";

/**
 * How much goes into one call. In an object a text, a blob or a row has 2,000,000 bytes at most. The items of a commit go
 * into one JSON text with the names of their fields; a large value of a single item goes beside it, and its row has room
 * for a long timeline.
 */
export const OBJECT_SIZES: RemoteSizes = { maxGroupSize: 900_000, maxValueBytes: 1_950_000 };

/**
 * Connects to the object. Each call has a stub of its own: after a call that failed, further calls of the same stub may
 * fail too.
 *
 * @param timeoutMs how long each call waits, in milliseconds; the object may go on
 */
export function connectToObject(namespace: DatabaseNamespace, timeoutMs: number): RemoteClient {
  return {
    async batch(statements, mode) {
      const object = namespace.get(namespace.idFromName(OBJECT_NAME));
      const call = { statements, mode, schemaVersion: SCHEMA_VERSION };
      return toResults(await callObject(object, call, timeoutMs)).map(toResult);
    },
    close() {},
  };
}

/** @throws the error that the answer holds */
function toResults(answer: ObjectAnswer): readonly RawResult[] {
  switch (answer.kind) {
    case "done":
      return answer.results;
    case "failed":
      throw toError(answer);
    case "schema-refused":
      throw new SchemaError(answer.message);
    case "schema-older":
      throw new StoreUnavailable(
        "OBJECT_OLDER",
        "the object of the database still runs the version before this one",
      );
  }
}

function toError(
  { message, code }: { readonly message: string; readonly code: string | undefined },
) {
  // The only error of the object that has no code: the result holds an integer that JavaScript cannot hold.
  if (code === undefined) return new RangeError(message);
  if (code === "SQLITE_TOOBIG") return new ValueTooLarge(message);
  if (code === ANSWER_TOO_LARGE) return new StoreUnavailable(code, message);
  return fromEmbedded(Object.assign(new Error(message), { code }));
}

/**
 * Calls the object.
 *
 * @throws StoreUnavailable when the call takes longer than `timeoutMs`, or the platform refuses or fails it
 */
async function callObject(
  object: ObjectDatabase,
  call: ObjectCall,
  timeoutMs: number,
): Promise<ObjectAnswer> {
  try {
    return await withTimeout(
      withPlatformLimit(() => object.call(call)).catch(refuseCall),
      timeoutMs,
      timedOut,
    );
  } catch (error) {
    throw fromPlatform(error);
  }
}

/**
 * Turns an exception of a call to an object into `StoreUnavailable`: the object is overloaded, was reset by a
 * deployment, cannot be reached, or is of another class.
 */
function fromPlatform(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreUnavailable) return error;
  return new StoreUnavailable(codeOf(error), error.message, { cause: error });
}

function codeOf(error: Error): string {
  // "The RPC receiver does not implement the method", or an object "does not support RPC".
  if (error instanceof TypeError && /\bRPC\b/.test(error.message)) return OTHER_CLASS;
  const isOverloaded = "overloaded" in error && error.overloaded === true;
  return isOverloaded ? "OBJECT_OVERLOADED" : "OBJECT_LOST";
}
