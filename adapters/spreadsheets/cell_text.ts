/** Converts cell values to text: numbers with all digits, dates in ISO 8601. */

/**
 * How a cell's number is converted to text; its number format decides. `digits` is the least number of digits, filled
 * up with leading zeros; `date` and `time` say which of the two are shown.
 */
export type NumberKind =
  | { readonly kind: "number"; readonly digits: number }
  | { readonly kind: "percentage" }
  | { readonly kind: "date"; readonly date: boolean; readonly time: boolean }
  | { readonly kind: "duration" };

const SECONDS_A_DAY = 86_400;
/** Days from the epoch of spreadsheets, 30 December 1899, to 1970. */
const DAYS_TO_1970 = 25_569;
/** Days from the epoch 30 December 1899 to 1 January 1904, the other epoch. */
const DAYS_TO_1904 = 1_462;
/** The serial number of 29 February 1900, which Excel counts although it does not exist. */
const NONEXISTENT_DAY = 60;
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

/** Formats a fraction as a percentage: 0.25 as `25%`. */
export function toPercentage(value: number): string {
  return `${toDigits(value * 100)}%`;
}

const padTwo = (part: number) => String(part).padStart(2, "0");

/** Formats a number of seconds as `HH:MM`, or `HH:MM:SS` when the seconds are not 0. Hours may exceed 24. */
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

/**
 * Converts a cell's number to text: with all digits, as a percentage (`25%`), a date (`2026-05-12`, or with a time
 * `2026-05-12 10:30`), or a duration (`HH:MM`). A negative date or duration is written as a number.
 *
 * @param since1904 whether the file counts days from 1904 instead of 1900
 */
export function toCellText(value: number, format: NumberKind, since1904: boolean): string {
  switch (format.kind) {
    case "number": {
      const text = toDigits(value);
      return value >= 0 && Number.isInteger(value) ? text.padStart(format.digits, "0") : text;
    }
    case "percentage":
      return toPercentage(value);
    case "duration":
      return value < 0 ? toDigits(value) : toTime(Math.round(value * SECONDS_A_DAY));
    case "date":
      return value < 0 ? toDigits(value) : toDateText(value, format.date, format.time, since1904);
  }
}

const GENERAL: NumberKind = { kind: "number", digits: 0 };

/**
 * Returns how numbers of a built-in format are converted. Such a format has an id, but no format code in the file
 * (ECMA-376 part 1, 18.8.30). An unknown id is a plain number.
 */
export function builtInFormat(id: number): NumberKind {
  if (id === 9 || id === 10) return { kind: "percentage" };
  if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id === 36 || (id >= 50 && id <= 58)) {
    return { kind: "date", date: true, time: false };
  }
  if (id === 22) return { kind: "date", date: true, time: true };
  if (id === 46) return { kind: "duration" };
  if ((id >= 18 && id <= 21) || id === 45 || id === 47 || (id >= 32 && id <= 35)) {
    return { kind: "date", date: false, time: true };
  }
  return GENERAL;
}

/**
 * Returns how numbers are converted of a format with this code, such as `dd/mm/yyyy` or `00000000000`. Only the first
 * of the code's sections, which `;` separates, counts.
 */
export function readFormat(code: string): NumberKind {
  const plain = code.replace(/"[^"]*"|\\.|_.|\*./g, "").split(";")[0] ?? "";
  if (/\[(?:h+|m+|s+)\]/i.test(plain)) return { kind: "duration" };
  const tokens = plain.replace(/\[[^\]]*\]/g, "").replace(/General|Standard|AM\/PM|A\/P/gi, "");
  const time = /[hs]/i.test(tokens);
  const date = /[yd]/i.test(tokens) || (!time && /m/i.test(tokens));
  if (date || time) return { kind: "date", date, time };
  if (tokens.includes("%")) return { kind: "percentage" };
  const zeros = /^0+$/.exec(tokens)?.[0].length ?? 0;
  return { kind: "number", digits: zeros };
}
