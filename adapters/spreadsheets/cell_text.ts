/** Converts cell values to text: numbers as the spreadsheet shows them, dates in ISO 8601. */
import { builtInCode, readNumberFormat, type ShowNumber } from "./number_format.ts";
import { toDigits } from "./digits.ts";

/**
 * How a cell's number is converted to text, which its number format decides. `number`: with all its digits. `shown`: as
 * the format shows it. `date`: with the day if `date` is true, with the time of day if `time` is true. `duration`: as
 * `HH:MM`, with seconds unless they are 0.
 */
export type NumberKind =
  | { readonly kind: "number" }
  | { readonly kind: "shown"; readonly show: ShowNumber }
  | { readonly kind: "date"; readonly date: boolean; readonly time: boolean }
  | { readonly kind: "duration" };

const SECONDS_A_DAY = 86_400;
/** Days from the epoch of spreadsheets, 30 December 1899, to 1970. */
const DAYS_TO_1970 = 25_569;
/** Days from the epoch 30 December 1899 to 1 January 1904, the other epoch. */
const DAYS_TO_1904 = 1_462;
/** The serial number of 29 February 1900, which Excel counts although it does not exist. */
const NONEXISTENT_DAY = 60;

/** Formats a fraction as a percentage: 0.25 as `25%`. */
export function toPercentage(value: number): string {
  return `${toDigits(value * 100)}%`;
}

const padTwo = (part: number) => String(part).padStart(2, "0");

/**
 * Formats seconds, which must be a whole number and not negative, as `HH:MM`, or as `HH:MM:SS` when the seconds are not 0.
 * Hours may exceed 24.
 */
export function toTime(seconds: number): string {
  const rest = seconds % 60;
  const time = `${padTwo(Math.floor(seconds / 3600))}:${padTwo(Math.floor(seconds / 60) % 60)}`;
  return rest === 0 ? time : `${time}:${padTwo(rest)}`;
}

function toDateText(serial: number, date: boolean, time: boolean, since1904: boolean): string {
  const seconds = Math.round(serial * SECONDS_A_DAY);
  const day = Math.floor(seconds / SECONDS_A_DAY);
  const rest = seconds - day * SECONDS_A_DAY;
  if (!date) return toTime(rest);
  const shifted = since1904 ? day + DAYS_TO_1904 : day < NONEXISTENT_DAY ? day + 1 : day;
  const at = new Date((shifted - DAYS_TO_1970) * SECONDS_A_DAY * 1000);
  if (Number.isNaN(at.getTime())) return toDigits(serial);
  const iso = at.toISOString().slice(0, 10);
  return time && rest > 0 ? `${iso} ${toTime(rest)}` : iso;
}

const NO_BREAK_BLANKS = /[\u00a0\u202f]/g;

/**
 * Replaces the no-break blanks in the text of a number, as in `1 234,50 zł`, by plain ones. Left as they are, they
 * would be removed when the value is cleaned, and a message would have `1234,50zł`.
 */
export function keepBlanks(shown: string): string {
  return shown.replace(NO_BREAK_BLANKS, " ");
}

/** Digits between marks that telephone numbers are written with. */
const DIGITS_AND_MARKS = /^\+?[\d ().\-–/\u00a0]+$/;
const THOUSANDS = /^\d{1,3}(?:[ .\u00a0]\d{3})+$/;

/**
 * Returns the text of a number in a column of recipients, such as telephone numbers: `shown` if it adds only leading
 * zeros and marks to the digits, as in `07700 900123`; otherwise all digits, without separators of thousands, decimals,
 * a currency or `%`.
 *
 * @param shown as the spreadsheet shows the number
 */
export function toRecipientDigits(value: number, shown: string): string {
  const digits = toDigits(value);
  if (shown === digits) return shown;
  const isSame = DIGITS_AND_MARKS.test(shown) && !THOUSANDS.test(shown) &&
    shown.replace(/\D/g, "").replace(/^0+/, "") === digits.replace(/^0+/, "");
  return isSame ? shown : digits;
}

/**
 * Converts a cell's number to text: with all digits, as its format shows it (`£1,234.50`, `12.5%`), a date
 * (`2026-05-12`, or with a time `2026-05-12 10:30`), or a duration (`HH:MM`). A negative date or duration is written as
 * a number.
 *
 * @param since1904 whether the file counts days from 1904 instead of 1900
 */
export function toCellText(value: number, format: NumberKind, since1904: boolean): string {
  switch (format.kind) {
    case "number":
      return toDigits(value);
    case "shown":
      return keepBlanks(format.show(value));
    case "duration":
      return value < 0 ? toDigits(value) : toTime(Math.round(value * SECONDS_A_DAY));
    case "date":
      return value < 0 ? toDigits(value) : toDateText(value, format.date, format.time, since1904);
  }
}

/** The conversion of numbers without a format: with all digits. */
export const PLAIN_NUMBER: NumberKind = { kind: "number" };

function toNumberKind(code: string): NumberKind {
  const show = readNumberFormat(code);
  return show === undefined ? PLAIN_NUMBER : { kind: "shown", show };
}

/**
 * Returns how numbers of a built-in format are converted. Such a format has an id, but no format code in the file
 * (ECMA-376 part 1, 18.8.30). An unknown id is a plain number.
 */
export function builtInFormat(id: number): NumberKind {
  if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id === 36 || (id >= 50 && id <= 58)) {
    return { kind: "date", date: true, time: false };
  }
  if (id === 22) return { kind: "date", date: true, time: true };
  if (id === 46) return { kind: "duration" };
  if ((id >= 18 && id <= 21) || id === 45 || id === 47 || (id >= 32 && id <= 35)) {
    return { kind: "date", date: false, time: true };
  }
  const code = builtInCode(id);
  return code === undefined ? PLAIN_NUMBER : toNumberKind(code);
}

/**
 * Returns how numbers are converted of a format with this code, such as `dd/mm/yyyy` or `#,##0.00`. Whether it is a
 * date or a duration, the first of the code's sections, which `;` separates, decides.
 */
export function readFormat(code: string): NumberKind {
  const plain = code.replace(/"[^"]*"|\\.|_.|\*./g, "").split(";")[0] ?? "";
  if (/\[(?:h+|m+|s+)\]/i.test(plain)) return { kind: "duration" };
  const tokens = plain.replace(/\[[^\]]*\]/g, "").replace(/General|Standard|AM\/PM|A\/P/gi, "");
  const time = /[hs]/i.test(tokens);
  const date = /[yd]/i.test(tokens) || (!time && /m/i.test(tokens));
  return date || time ? { kind: "date", date, time } : toNumberKind(code);
}
