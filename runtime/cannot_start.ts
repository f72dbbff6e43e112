import { SchemaError } from "../adapters/libsql/schema/migrations.ts";
import { StoreUnavailable } from "../domain/ports/store_unavailable.ts";
import { ConfigError } from "./config.ts";

/** Whether the error says to the operator why a command cannot run: its message needs no stack trace. */
export function isExplained(error: unknown): error is Error {
  return error instanceof ConfigError || error instanceof SchemaError ||
    error instanceof StoreUnavailable;
}
