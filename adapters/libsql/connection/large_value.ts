/** Large values that do not go into the JSON of a statement's rows. */
import type { Bytes } from "../../crypto/envelope_encryption.ts";

/** From how many hexadecimal digits on a value goes beside the JSON: there it takes half as much. */
const LARGE_DIGITS = 100_000;

/**
 * Takes the value of a column, in hexadecimal, out of a lone row whose value is large: a text of JSON may not be as large
 * as a row. The rows of larger commits are cut by `maxGroupSize`, and stay as they are.
 *
 * @returns the rows for the JSON, and the value, `null` where it stays in the JSON
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
