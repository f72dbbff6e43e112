/** Formats and parses dates by patterns such as `dd.MM.yyyy`, as Java does, the runtime of the registries platform. */
import {
  type Fieldset,
  isFixedZone,
  type LocalTime,
  localTime,
  momentOf,
  offsetAt,
} from "./zone_time.ts";

/** A run of one letter, or literal text. */
type Part =
  | { readonly letter: string; readonly count: number }
  | { readonly literal: string };

/** Letters with a meaning; other letters make a pattern invalid. */
const LETTERS = "GyYMLwWDdFEuaHkKhmsSzZX";
const PARTS = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+/g;
const MINUTES_A_DAY_MS = 86_400_000;
/** Two digits of a year up to this one belong to the years 2000 and later, others to those before 2000. */
const LAST_SHORT_YEAR = 45;
/** The longest pattern, in UTF-16 units. A longer one counts as invalid. */
export const MAX_DATE_PATTERN = 200;

function parsePattern(pattern: string): readonly Part[] | undefined {
  if (pattern.length > MAX_DATE_PATTERN) return undefined;
  const parts: Part[] = [];
  let end = 0;
  for (const match of pattern.matchAll(PARTS)) {
    if (match.index !== end) return undefined;
    end += match[0].length;
    const letter = match[2];
    if (letter !== undefined) {
      if (!LETTERS.includes(letter)) return undefined;
      parts.push({ letter, count: match[0].length });
    } else {
      const quoted = match[1];
      const literal = quoted === undefined ? match[0] : quoted.replaceAll("''", "'");
      parts.push({ literal: match[0] === "''" ? "'" : literal });
    }
  }
  return end === pattern.length ? parts : undefined;
}

/** Whether a text is a valid date pattern, such as `dd.MM.yyyy`. */
export function isDatePattern(pattern: string): boolean {
  return parsePattern(pattern) !== undefined;
}

const NAMES = new Map<string, readonly string[]>();
/** The most lists of names that are remembered. */
const MAX_NAMES = 200;

type NameKind = "month" | "weekday" | "dayPeriod";

/** How a list of names is asked for: `isAlone` for a name without a day beside it. */
interface NameStyle {
  readonly kind: NameKind;
  readonly width: "long" | "short";
  readonly isAlone: boolean;
}

function nameAt(locale: string, { kind, width, isAlone }: NameStyle, index: number): string {
  const options: Intl.DateTimeFormatOptions = kind === "month"
    ? { month: width, ...(isAlone ? {} : { day: "numeric" }) }
    : kind === "weekday"
    ? { weekday: width }
    : { hour: "numeric", hourCycle: "h12" };
  const at = kind === "month" ? Date.UTC(2024, index, 1) : kind === "weekday"
    // The first of September 2024 was a Sunday.
    ? Date.UTC(2024, 8, 1 + index)
    : Date.UTC(2024, 0, 1, index * 12 + 1);
  const format = new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" });
  return format.formatToParts(at).find(({ type }) => type === kind)?.value ?? "";
}

function namesOf(locale: string, style: NameStyle): readonly string[] {
  const key = `${locale} ${style.kind} ${style.width} ${style.isAlone}`;
  const known = NAMES.get(key);
  if (known !== undefined) return known;
  const length = style.kind === "month" ? 12 : style.kind === "weekday" ? 7 : 2;
  const names = Array.from({ length }, (_, index) => nameAt(locale, style, index));
  if (NAMES.size >= MAX_NAMES) NAMES.clear();
  NAMES.set(key, names);
  return names;
}

function dayOfYear({ year, month, day }: LocalTime): number {
  return (Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 0)) / MINUTES_A_DAY_MS;
}

function weekday({ year, month, day }: LocalTime): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

function offsetText(offset: number, colon: string): string {
  const size = Math.abs(offset);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${colon}${two(size % 60)}`;
}

/** Writes an offset from UTC as in ISO 8601: `+02:00`, or `Z` for none. @param offset in minutes */
export function isoOffset(offset: number): string {
  return offset === 0 ? "Z" : offsetText(offset, ":");
}

/** Short names of zones, in winter and in summer, that the platform's runtime has and others write as an offset. */
const SHORT_ZONES: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["Europe/Kiev", ["EET", "EEST"]],
  ["Europe/Kyiv", ["EET", "EEST"]],
  ["EET", ["EET", "EEST"]],
  ["CET", ["CET", "CEST"]],
]);
/** A zone whose winter time has the long name of GMT. */
const NAMED_GMT = "Africa/Abidjan";

function zoneName(at: number, count: number, locale: string, zone: string): string {
  const short = SHORT_ZONES.get(zone);
  if (count < 4 && short !== undefined) {
    const winter = offsetAt(Date.UTC(new Date(at).getUTCFullYear(), 0, 1), zone);
    return offsetAt(at, zone) > winter ? short[1] : short[0];
  }
  if (isFixedZone(zone) || (zone === "GMT" && count < 4)) return zone;
  const timeZoneName = count >= 4 ? "long" : "short";
  const parts = new Intl.DateTimeFormat(locale, {
    timeZone: zone === "GMT" ? NAMED_GMT : zone,
    timeZoneName,
  }).formatToParts(at);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? zone;
}

/** What a letter shows where it is a number. */
function numberOf(letter: string, time: LocalTime): number {
  switch (letter) {
    case "y":
    case "Y":
      return time.year;
    case "M":
    case "L":
      return time.month;
    case "d":
      return time.day;
    case "D":
      return dayOfYear(time);
    case "w":
      return Math.ceil((dayOfYear(time) + new Date(Date.UTC(time.year, 0, 1)).getUTCDay()) / 7);
    case "W":
      return Math.ceil((time.day + (weekday(time) - time.day + 1 + 70) % 7) / 7);
    case "F":
      return Math.ceil(time.day / 7);
    case "u":
      return weekday(time) === 0 ? 7 : weekday(time);
    case "H":
      return time.hour;
    case "k":
      return time.hour === 0 ? 24 : time.hour;
    case "K":
      return time.hour % 12;
    case "h":
      return time.hour % 12 === 0 ? 12 : time.hour % 12;
    case "m":
      return time.minute;
    case "s":
      return time.second;
    default:
      return time.millisecond;
  }
}

/**
 * Formats a moment by a pattern.
 *
 * @param ms milliseconds since 1970 in UTC
 * @param locale a BCP 47 tag
 * @param zone a time zone as `toZone` returns it
 * @returns `undefined` where the pattern is not valid
 */
export function formatByPattern(
  ms: number,
  pattern: string,
  locale: string,
  zone: string,
): string | undefined {
  const parts = parsePattern(pattern);
  if (parts === undefined) return undefined;
  const time = localTime(ms, zone);
  const isAlone = parts.every((part) => "literal" in part || part.letter === "M") &&
    parts.length === 1;
  return parts.map((part) => {
    if ("literal" in part) return part.literal;
    const { letter, count } = part;
    const width = count >= 4 ? "long" : "short";
    if (letter === "G") return width === "long" ? "Anno Domini" : "AD";
    if ((letter === "M" || letter === "L") && count >= 3) {
      const alone = isAlone || letter === "L";
      return namesOf(locale, { kind: "month", width, isAlone: alone })[time.month - 1];
    }
    if (letter === "E") {
      return namesOf(locale, { kind: "weekday", width, isAlone: true })[weekday(time)];
    }
    if (letter === "a") {
      return namesOf(locale, { kind: "dayPeriod", width: "short", isAlone: true })[
        time.hour < 12 ? 0 : 1
      ];
    }
    if (letter === "Z") return offsetText(time.offset, "");
    if (letter === "X") {
      return time.offset === 0 ? "Z" : offsetText(time.offset, count >= 3 ? ":" : "")
        .slice(0, count === 1 ? 3 : undefined);
    }
    if (letter === "z") return zoneName(ms, count, locale, zone);
    if ((letter === "y" || letter === "Y") && count === 2) {
      return String(time.year % 100).padStart(2, "0");
    }
    return String(numberOf(letter, time)).padStart(count, "0");
  }).join("");
}

type Read = { -readonly [Name in keyof Fieldset]: number } & {
  offset?: number;
  isAfternoon?: boolean;
};

/** Stores a number that was read for a letter. @returns `false` for letters that cannot be read */
function store(read: Read, letter: string, value: number, digits: number, count: number): boolean {
  switch (letter) {
    case "y":
    case "Y":
      read.year = count <= 2 && digits === 2
        ? value + (value <= LAST_SHORT_YEAR ? 2000 : 1900)
        : value;
      return true;
    case "M":
    case "L":
      read.month = value;
      return true;
    case "d":
    case "D":
      read.day = value;
      return true;
    case "H":
    case "k":
      read.hour = letter === "k" ? value % 24 : value;
      return true;
    case "K":
    case "h":
      read.hour = value % 12;
      return true;
    case "m":
      read.minute = value;
      return true;
    case "s":
      read.second = value;
      return true;
    case "S":
      read.millisecond = value;
      return true;
    default:
      return letter === "u" || letter === "w" || letter === "W" || letter === "F";
  }
}

const ZONE_TEXT = /^(?:Z|(?:GMT|UTC)?([+-])(\d{1,2}):?(\d{2})?|GMT|UTC)/;

/** Reads a name of a list at the start of a text: its index and length. */
function readName(text: string, names: readonly string[]) {
  const lower = text.toLowerCase();
  let best: { readonly index: number; readonly length: number } | undefined;
  names.forEach((name, index) => {
    const isLonger = name.length > (best?.length ?? 0);
    if (isLonger && lower.startsWith(name.toLowerCase())) best = { index, length: name.length };
  });
  return best;
}

/** Reads a part that is no number. @returns how many characters it took; `undefined` where it is not there */
function readWords(read: Read, letter: string, rest: string, locale: string): number | undefined {
  if (letter === "z" || letter === "Z" || letter === "X") {
    const [all, sign, hours = "0", minutes = "0"] = ZONE_TEXT.exec(rest) ?? [];
    if (all === undefined) return undefined;
    const size = Number(hours) * 60 + Number(minutes);
    read.offset = sign === "-" ? -size : sign === "+" ? size : 0;
    return all.length;
  }
  const kind = letter === "E" ? "weekday" : letter === "a" ? "dayPeriod" : "month";
  for (const width of ["long", "short"] as const) {
    for (const isAlone of [false, true]) {
      const name = readName(rest, namesOf(locale, { kind, width, isAlone }));
      if (name === undefined || name.length === 0) continue;
      if (kind === "month") read.month = name.index + 1;
      if (kind === "dayPeriod") read.isAfternoon = name.index === 1;
      return name.length;
    }
  }
  return undefined;
}

const WORDS = "zZXEa";

/**
 * Parses the whole of a text by a pattern. Numbers may have fewer digits than the pattern, or be out of their range, as
 * in the 32nd of a month, which is the first of the next.
 *
 * @param locale a BCP 47 tag, for the names of months and days
 * @param zone the time zone, as `toZone` returns it, of a text without one
 * @returns milliseconds since 1970 in UTC, or `undefined` where the pattern is not valid or the text does not match it
 */
export function parseByPattern(
  text: string,
  pattern: string,
  locale: string,
  zone: string,
): number | undefined {
  const parts = parsePattern(pattern);
  if (parts === undefined) return undefined;
  const read: Read = {
    year: 1970,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    millisecond: 0,
  };
  let at = 0;
  for (const [index, part] of parts.entries()) {
    if ("literal" in part) {
      if (!text.startsWith(part.literal, at)) return undefined;
      at += part.literal.length;
      continue;
    }
    const { letter, count } = part;
    while (text.charAt(at) === " ") at++;
    if (WORDS.includes(letter) || ((letter === "M" || letter === "L") && count >= 3)) {
      const length = readWords(read, letter, text.slice(at), locale);
      if (length === undefined) return undefined;
      at += length;
      continue;
    }
    const next = parts[index + 1];
    // Numbers that follow each other directly have the pattern's width.
    const most = next !== undefined && "letter" in next && !WORDS.includes(next.letter) ? count : 9;
    const digits = new RegExp(`^-?\\d{1,${most}}`).exec(text.slice(at, at + 10))?.[0];
    if (digits === undefined) return undefined;
    if (!store(read, letter, Number(digits), digits.length, count)) return undefined;
    at += digits.length;
  }
  if (read.isAfternoon === true) read.hour += 12;
  return read.offset === undefined
    ? momentOf(read, zone)
    : momentOf(read, "UTC") - read.offset * 60_000;
}
