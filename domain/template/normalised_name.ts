/** Names that are normalised already; most are. */
const NORMALISED = /^[a-z0-9]+$/;

/**
 * Returns the form in which placeholder names are compared: in lower case, without spaces, `_` and `-`.
 *
 * Only the ASCII space is removed; tabs and no-break spaces are part of a name.
 */
export function normalisedName(name: string): string {
  return NORMALISED.test(name) ? name : name.replace(/[ _-]/g, "").toLowerCase();
}
