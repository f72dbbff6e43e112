/** Numbers as decimal digits. */

/** The significant digits of a number in a spreadsheet. */
const SIGNIFICANT_DIGITS = 15;
/** Smaller integers have at most that many digits. */
const SHORT_INTEGER = 10 ** SIGNIFICANT_DIGITS;

/** Formats a number without an exponent and with at most 15 significant digits, the precision of spreadsheets. */
export function toDigits(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < SHORT_INTEGER) return String(value);
  const text = String(Number(value.toPrecision(SIGNIFICANT_DIGITS)));
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  if (whole === "") return text;
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  const padded = digits.padEnd(point, "0");
  const rest = padded.slice(point);
  return sign + padded.slice(0, point) + (rest === "" ? "" : `.${rest}`);
}
