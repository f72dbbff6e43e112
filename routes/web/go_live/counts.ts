/**
 * Reads a whole number as people type it, with blanks or commas between thousands.
 *
 * @returns 0 for an empty text; `NaN` for a text that is no whole number
 */
export function parseCount(typed: string): number {
  const digits = typed.replaceAll(/[\s,']/g, "");
  if (digits === "") return 0;
  return /^\d+$/.test(digits) ? Number(digits) : Number.NaN;
}
