import type { Bytes } from "../../crypto/envelope_encryption.ts";
import type { ResultSet, Row } from "./batch.ts";

/**
 * Reads a text column. Like every reader of this file, it throws an `Error` when the column holds another type than
 * the reader expects, or is missing.
 */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw schemaMismatch(column, "text", value);
  return value;
}

/** As {@link text}; `null` stays. */
export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

/** The first character of a text that is stored as JSON. */
const AS_JSON = "\u001b";

/**
 * The stored form of a text from outside. SQLite and its clients truncate text at a NUL and fail on a lone surrogate,
 * and JSON requests can contain both. Such a text is stored as JSON, which escapes them. The form is injective, so a
 * text can be looked up by it.
 */
export function toStored(value: string): string {
  const plain = value.isWellFormed() && !value.includes("\0") && !value.startsWith(AS_JSON);
  return plain ? value : AS_JSON + JSON.stringify(value);
}

/** As {@link toStored}; `null` stays. */
export function toStoredOrNull(value: string | null): string | null {
  return value === null ? null : toStored(value);
}

/** Reads a column that {@link toStored} wrote. */
export function storedText(row: Row, column: string): string {
  const value = text(row, column);
  return value.startsWith(AS_JSON) ? JSON.parse(value.slice(AS_JSON.length)) : value;
}

/** As {@link storedText}; `null` stays. */
export function storedTextOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : storedText(row, column);
}

/** The bytes of an id that is no UUID: no row has them, and they come before all others. */
const NO_ID: Bytes = new Uint8Array();

const HEX_ID = /^[0-9a-f]{32}$/;

/**
 * The stored form of an id: the 16 bytes of a UUID. For a text that is not a lower-case UUID it returns an empty
 * array, which no row has as its id, so that nothing is found.
 */
export function idBytes(id: string): Bytes {
  const hexadecimal = id.replaceAll("-", "");
  return HEX_ID.test(hexadecimal) ? Uint8Array.fromHex(hexadecimal) : NO_ID;
}

/** As {@link idBytes}; `null` stays. */
export function idBytesOrNull(id: string | null): Bytes | null {
  return id === null ? null : idBytes(id);
}

/** Reads a column that {@link idBytes} wrote, or its 32 hexadecimal digits, as a lower-case UUID with hyphens. */
export function uuid(row: Row, column: string): string {
  const value = row[column];
  const digits = value instanceof ArrayBuffer ? hex(new Uint8Array(value)) : value;
  if (typeof digits !== "string" || digits.length !== 32) {
    throw schemaMismatch(column, "an id", value);
  }
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${
    digits.slice(16, 20)
  }-${digits.slice(20)}`;
}

/** As {@link uuid}; `null` stays. */
export function uuidOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : uuid(row, column);
}

/** Reads an integer column; it does not check that the number is whole. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw schemaMismatch(column, "an integer", value);
  return value;
}

/** As {@link integer}; `null` stays. */
export function integerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}

/** Reads a column of numbers, which need not be whole; `null` stays. */
export function numberOrNull(row: Row, column: string): number | null {
  const value = row[column];
  if (value === null || typeof value === "number") return value;
  throw schemaMismatch(column, "a number", value);
}

/** Reads a blob column. */
export function blob(row: Row, column: string): Bytes {
  const value = row[column];
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw schemaMismatch(column, "a blob", value);
}

/** Reads a text column that holds one of `words`. @throws Error for another text */
export function oneOf<T extends string>(row: Row, column: string, words: readonly T[]): T {
  const value = text(row, column);
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw schemaMismatch(column, "a known word", value);
  return word;
}

/** The rows of one statement of a batch, by its index from 0. @throws Error when the batch has no such statement */
export function rowsOf(results: readonly ResultSet[], index: number): readonly Row[] {
  const result = results[index];
  if (result === undefined) throw new Error(`the batch has no statement ${index}`);
  return result.rows;
}

/** Encodes bytes for a JSON argument; `unhex()` in SQL decodes them. */
export function hex(bytes: Uint8Array): string {
  return bytes.toHex();
}

function schemaMismatch(column: string, expected: string, value: unknown): Error {
  return new Error(`column ${column} should hold ${expected}, not ${typeof value}`);
}
