import type { ResultSet, Row } from "@libsql/client";
import type { Bytes } from "../crypto/vault.ts";

/**
 * Reads columns of a row. Rows are a door: a column that is not what the schema says is a broken database, and throws.
 */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw wrong(column, "text", value);
  return value;
}

/** As {@link text}; `null` stays. */
export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

/** An integer column. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw wrong(column, "an integer", value);
  return value;
}

/** As {@link integer}; `null` stays. */
export function integerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}

/** A blob column. */
export function blob(row: Row, column: string): Bytes {
  const value = row[column];
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw wrong(column, "a blob", value);
}

/** A text column that holds one of a fixed set of words. */
export function oneOf<T extends string>(row: Row, column: string, words: readonly T[]): T {
  const value = text(row, column);
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw wrong(column, "a known word", value);
  return word;
}

/** The rows of one statement of a batch. */
export function rowsOf(results: readonly ResultSet[], index: number): readonly Row[] {
  const result = results[index];
  if (result === undefined) throw new Error(`the batch has no statement ${index}`);
  return result.rows;
}

/** Bytes as they go into a JSON argument, for `unhex()`. */
export function hex(bytes: Uint8Array): string {
  let digits = "";
  for (const byte of bytes) digits += HEX[byte];
  return digits;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function wrong(column: string, expected: string, value: unknown): Error {
  return new Error(`column ${column} should hold ${expected}, not ${typeof value}`);
}
