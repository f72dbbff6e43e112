/** Large values that are arguments of their own, not part of the JSON of a statement's rows. */
import type { Bytes } from "../../crypto/envelope_encryption.ts";

/** The fewest hexadecimal digits of a large value. As an argument of its own it takes one byte for two digits. */
const LARGE_DIGITS = 100_000;

/**
 * Takes a large value of a column, in hexadecimal, out of a row that is alone in its commit: the JSON of its digits could
 * be larger than the database allows. Several rows stay as they are, since `maxGroupSize` limits their size together.
 *
 * @returns `rest`: the rows for the JSON; `large`: the value, `null` where it stays in the JSON
 */
export function takeLarge<T extends object>(
  rows: readonly T[],
  column: string & keyof T,
): { readonly rest: readonly unknown[]; readonly large: Bytes | null } {
  const [row, ...others] = rows;
  const value = row?.[column];
  if (others.length > 0 || typeof value !== "string" || value.length < LARGE_DIGITS) {
    return { rest: rows, large: null };
  }
  return { rest: [{ ...row, [column]: null }], large: Uint8Array.fromHex(value) };
}
