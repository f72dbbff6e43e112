/**
 * Converts the cells of OpenDocument files to text.
 *
 * Source: OpenDocument 1.3 part 3, section 19.384 (values).
 */
import { findErrorValue, UNKNOWN_ERROR } from "../../domain/csv/error_values.ts";
import { keepBlanks, toPercentage, toTime } from "./cell_text.ts";
import { toDigits } from "./digits.ts";
import type { Attributes } from "./xml.ts";

/** Converts `PT10H30M00S` to `10:30`. */
function durationText(duration: string): string | undefined {
  const [, hours = "0", minutes = "0", seconds = "0"] =
    /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?$/.exec(duration) ?? [undefined];
  if (!duration.startsWith("PT")) return undefined;
  return toTime(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
}

/** Converts `2026-05-12T10:30:00` to `2026-05-12 10:30`. Midnight is omitted. */
function dateText(date: string): string {
  const [day = date, time = ""] = date.split("T");
  const short = time.replace(/\.\d+$/, "").replace(/^(\d\d:\d\d):00$/, "$1");
  return short === "" || short === "00:00" ? day : `${day} ${short}`;
}

/** `1.23E+4` and `1,2E4`: the program's own choice for long numbers, often without some of their digits. */
const EXPONENT = /\d[.,]?\d*E[+-]?\d+/i;
/** A vulgar fraction, such as `1 1/2`, which may be rounded. */
const FRACTION = /^-?(?:\d+ +)?\d+ *\/ *\d+$/;
/** A number without a format is shown with at least so many decimals before it is rounded. */
const UNFORMATTED_DECIMALS = 9;

/** Whether the shown text is that of a number without a format: all its digits, or as many as the program shows. */
function isUnformatted(shown: string, digits: string): boolean {
  const text = shown.replace(",", ".");
  if (text === digits) return true;
  const [whole, decimals = ""] = text.split(".");
  const isRounded = /^-?\d+$/.test(whole ?? "") && decimals.length >= UNFORMATTED_DECIMALS;
  return isRounded && (digits.split(".")[1]?.length ?? 0) > decimals.length;
}

/** The stored number of a cell; `undefined` when it has none. */
export function readNumber(
  { value = "", "value-type": type = "" }: Attributes,
): number | undefined {
  if (type !== "float" && type !== "currency" && type !== "percentage") return undefined;
  const number = value.trim() === "" ? NaN : Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/**
 * Converts a number to the text that the program shows, which the file holds. A number without a format, with an
 * exponent or as a fraction has all its digits, and so has one whose text is missing.
 */
export function numberText(number: number, shown: string, attributes: Attributes): string {
  const trimmed = keepBlanks(shown).trim();
  const error = findErrorValue(trimmed);
  // Older versions store errors as the number 0. `#FMT` is a format that cannot show the number, which is no error.
  if (error === "formula" && trimmed !== "#FMT") return trimmed;
  const isInexact = EXPONENT.test(trimmed) || FRACTION.test(trimmed);
  if (error !== undefined || trimmed === "" || isInexact) {
    return attributes["value-type"] === "percentage" ? toPercentage(number) : toDigits(number);
  }
  const digits = toDigits(number);
  return isUnformatted(trimmed, digits) ? digits : trimmed;
}

/** Converts a cell to text, except a number. */
export function toText(attributes: Attributes, shown: string): string {
  switch (attributes["value-type"]) {
    case "date":
      return dateText(attributes["date-value"] ?? shown);
    case "time":
      return durationText(attributes["time-value"] ?? "") ?? shown;
    case "boolean":
      return attributes["boolean-value"] === "true" ? "TRUE" : "FALSE";
    case "error":
      return findErrorValue(shown) === undefined ? UNKNOWN_ERROR : shown;
    case "float":
    case "currency":
    case "percentage":
      return shown;
    default:
      return shown === "" ? attributes["string-value"] ?? "" : shown;
  }
}
