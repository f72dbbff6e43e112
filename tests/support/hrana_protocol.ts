/**
 * The words of Hrana over HTTP, version 2, JSON: the requests of clients, and how values and errors are
 * written. Only what `@libsql/client/http` sends is here: `describe` and cursors are not.
 *
 * Source: `docs/HRANA_3_SPEC.md` and `libsql-server/src/hrana/` of tursodatabase/libsql.
 */

import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { z } from "zod";

const value = z.discriminatedUnion("type", [
  z.object({ type: z.literal("null") }),
  z.object({ type: z.literal("integer"), value: z.string().regex(/^-?\d+$/) }),
  z.object({ type: z.literal("float"), value: z.number() }),
  z.object({ type: z.literal("text"), value: z.string() }),
  z.object({ type: z.literal("blob"), base64: z.string() }),
]);

const sqlRef = { sql: z.string().nullish(), sql_id: z.number().int().nullish() };

const stmt = z.object({
  ...sqlRef,
  args: z.array(value).nullish(),
  named_args: z.array(z.object({ name: z.string(), value })).nullish(),
  want_rows: z.boolean().nullish(),
});

/** The condition of a batch's step: depends on the results of earlier steps. */
export type Condition =
  | { type: "ok" | "error"; step: number }
  | { type: "not"; cond: Condition }
  | { type: "and" | "or"; conds: Condition[] }
  | { type: "is_autocommit" };

const condition: z.ZodType<Condition> = z.lazy(() =>
  z.discriminatedUnion("type", [
    z.object({ type: z.enum(["ok", "error"]), step: z.number().int().nonnegative() }),
    z.object({ type: z.literal("not"), cond: condition }),
    z.object({ type: z.enum(["and", "or"]), conds: z.array(condition) }),
    z.object({ type: z.literal("is_autocommit") }),
  ])
);

const batch = z.object({
  steps: z.array(z.object({ condition: condition.nullish(), stmt })),
});

const request = z.discriminatedUnion("type", [
  z.object({ type: z.literal("execute"), stmt }),
  z.object({ type: z.literal("batch"), batch }),
  z.object({ type: z.literal("sequence"), ...sqlRef }),
  z.object({ type: z.literal("store_sql"), sql_id: z.number().int(), sql: z.string() }),
  z.object({ type: z.literal("close_sql"), sql_id: z.number().int() }),
  z.object({ type: z.literal("get_autocommit") }),
  z.object({ type: z.literal("close") }),
]);

/** The body of `POST /v2/pipeline`. */
export const pipelineBody = z.object({
  baton: z.string().nullish(),
  requests: z.array(request),
});

/** One value, as it goes over the wire: integers are decimal text, blobs are base64. */
export type WireValue = z.infer<typeof value>;
/** SQL given by its text or by the number it was stored under. */
export type SqlRef = Pick<z.infer<typeof stmt>, "sql" | "sql_id">;
/** One statement with its arguments. */
export type WireStmt = z.infer<typeof stmt>;
/** Statements with conditions. */
export type WireBatch = z.infer<typeof batch>;
/** One request of a pipeline. */
export type WireRequest = z.infer<typeof request>;
/** An error as the client reads it; `code` becomes `LibsqlError.code`. */
export type WireError = { readonly message: string; readonly code: string };

/** A failure that has its own Hrana code. */
export class HranaError extends Error {
  override readonly name = "HranaError";

  constructor(readonly code: string, message: string) {
    super(message);
  }
}

/**
 * The primary SQLite result codes and their names (libsql-server, `sqlite_error_code`). sqld never
 * sends extended codes, so a UNIQUE and a CHECK failure look alike but for their text.
 */
const SQLITE_CODES: Readonly<Record<number, string>> = {
  2: "SQLITE_INTERNAL",
  3: "SQLITE_PERM",
  4: "SQLITE_ABORT",
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED",
  7: "SQLITE_NOMEM",
  8: "SQLITE_READONLY",
  9: "SQLITE_INTERRUPT",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  12: "SQLITE_NOTFOUND",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  15: "SQLITE_PROTOCOL",
  17: "SQLITE_SCHEMA",
  18: "SQLITE_TOOBIG",
  19: "SQLITE_CONSTRAINT",
  20: "SQLITE_MISMATCH",
  21: "SQLITE_MISUSE",
  22: "SQLITE_NOLFS",
  23: "SQLITE_AUTH",
  25: "SQLITE_RANGE",
  26: "SQLITE_NOTADB",
};

/** SQLite's result code (extended where it has one) of an error of `node:sqlite`. */
export function sqliteCodeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode
    : undefined;
}

/** The error as sqld would send it. */
export function toWireError(error: unknown): WireError {
  if (error instanceof HranaError) return { message: error.message, code: error.code };
  const message = error instanceof Error ? error.message : String(error);
  const primary = (sqliteCodeOf(error) ?? 0) & 0xff;
  return { message: `SQLite error: ${message}`, code: SQLITE_CODES[primary] ?? "SQLITE_UNKNOWN" };
}

/** A value of the wire as `node:sqlite` binds it. */
export function fromWireValue(value: WireValue): SQLInputValue {
  switch (value.type) {
    case "null":
      return null;
    case "integer":
      return BigInt(value.value);
    case "float":
    case "text":
      return value.value;
    case "blob":
      return Uint8Array.fromBase64(value.base64);
  }
}

/** A value of a row, read with big integers on, as it goes over the wire. */
export function toWireValue(value: SQLOutputValue): WireValue {
  if (value === null) return { type: "null" };
  if (typeof value === "bigint") return { type: "integer", value: value.toString() };
  if (typeof value === "number") return { type: "float", value };
  if (typeof value === "string") return { type: "text", value };
  return { type: "blob", base64: value.toBase64({ omitPadding: true }) };
}
