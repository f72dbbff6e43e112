const LETTERS = 26;
const A = "A".charCodeAt(0);

/** Returns the letters by which a spreadsheet names a column: A to Z, then AA. @param at its index, from 0 */
export function columnLetters(at: number): string {
  const last = String.fromCharCode(A + at % LETTERS);
  return at < LETTERS ? last : columnLetters(Math.floor(at / LETTERS) - 1) + last;
}
