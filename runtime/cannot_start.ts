import { SchemaError } from "../adapters/libsql/schema/schema_error.ts";
import { StoreUnavailable } from "../domain/ports/store_unavailable.ts";
import { ConfigError } from "./config.ts";

/**
 * Whether the error's message explains to the operator why a command cannot run (configuration, schema or an
 * unavailable database), so that it is printed without a stack trace.
 */
export function isExplained(error: unknown): error is Error {
  return error instanceof ConfigError || error instanceof SchemaError ||
    error instanceof StoreUnavailable;
}
