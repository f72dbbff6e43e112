/**
 * The database has a schema version that this code cannot use, or data that it cannot migrate. The message says what
 * to do.
 */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
}
