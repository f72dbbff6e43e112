/** Where the database of a Worker is. */
import { type DatabaseConfig, OBJECT_URL } from "../../adapters/libsql/connection/config.ts";
import {
  isDatabaseNamespace,
  OTHER_CLASS,
} from "../../adapters/libsql/connection/object_protocol.ts";
import { StoreUnavailable } from "../../domain/ports/store_unavailable.ts";
import { type Config, ConfigError } from "../config.ts";

const BIND_THE_CLASS = "bind it to the class DatabaseObject, as wrangler.toml does";

/**
 * The address of the database, and the Durable Objects for it.
 *
 * @param binding the binding `DATABASE`, which a database on a server leaves unused
 * @throws ConfigError for a file, and when the database is in a Durable Object and the binding is missing or another
 */
export function databaseOf({ database }: Config, binding: unknown): DatabaseConfig {
  if (database.url.startsWith("file:")) {
    throw new ConfigError(
      "DATABASE_URL must be http(s)://…, libsql://… or durable-object: on a Worker",
    );
  }
  if (database.url !== OBJECT_URL) return database;
  if (binding === undefined) {
    throw new ConfigError(
      "DATABASE_URL is durable-object:, and the Worker has no binding DATABASE: deploy it with the " +
        "sections durable_objects and migrations of wrangler.toml",
    );
  }
  if (!isDatabaseNamespace(binding)) {
    throw new ConfigError(
      `the binding DATABASE is no Durable Object namespace: ${BIND_THE_CLASS}`,
    );
  }
  return { ...database, objects: binding };
}

/** Returns the error of the first call of the database: a `ConfigError` where the objects are of another class. */
export function nameOtherClass(error: unknown): unknown {
  if (!(error instanceof StoreUnavailable) || error.code !== OTHER_CLASS) return error;
  return new ConfigError(`the objects of the binding DATABASE hold no database: ${BIND_THE_CLASS}`);
}
