/** Reads and writes dates by a format: a pattern, a style such as `medium`, or `iso`. */
import { formatByPattern, isDatePattern, isoOffset, parseByPattern } from "./date_pattern.ts";
import type { Settings } from "./settings.ts";
import { Moment, type MomentKind } from "./values.ts";
import { intlZone, isMoment, localTime, momentOf } from "./zone_time.ts";

const STYLES: ReadonlySet<string> = new Set(["short", "medium", "long", "full"]);
const ISO_FORMAT = /^(?:iso|xs)(?:[ _](.*))?$/;
const ISO_OPTIONS: ReadonlySet<string> = new Set(["h", "m", "s", "ms", "nz", "fz", "u", "fu"]);
const ISO_DATE = /^(-?\d{4,6})-?(\d{2})-?(\d{2})/;
const ISO_TIME =
  /^(\d{2})(?::?(\d{2}))?(?::?(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/;

/** The styles of dates and times in the order of a locale, as the platform's runtime has them. */
const DATE_STYLES = {
  en: ["M/d/yy", "MMM d, yyyy", "MMMM d, yyyy", "EEEE, MMMM d, yyyy"],
  uk: ["dd.MM.yy", "d MMM yyyy 'р'.", "d MMMM yyyy 'р'.", "EEEE, d MMMM yyyy 'р'."],
} as const;
const TIME_STYLES = {
  en: ["h:mm a", "h:mm:ss a", "h:mm:ss a z", "h:mm:ss a zzzz"],
  uk: ["HH:mm", "HH:mm:ss", "HH:mm:ss z", "HH:mm:ss zzzz"],
} as const;
/** Between date and time, by the shorter of their styles. */
const JOINTS = {
  en: [", ", ", ", " 'at' ", " 'at' "],
  uk: [", ", ", ", " 'о' ", " 'о' "],
} as const;
const STYLE_NAMES = ["short", "medium", "long", "full"] as const;

/** The pattern of a style in a locale; locales other than English and Ukrainian have the English order. */
function stylePattern(style: string, kind: MomentKind, locale: string): string | undefined {
  const language = locale.startsWith("uk") ? "uk" : "en";
  const [first = "medium", second = first] = style === "" ? [] : style.split("_");
  if (!STYLES.has(first) || !STYLES.has(second)) return undefined;
  const index = (name: string) => Math.max(0, STYLE_NAMES.findIndex((one) => one === name));
  const date = DATE_STYLES[language][index(first)] ?? "";
  const time = TIME_STYLES[language][index(kind === "time" ? first : second)] ?? "";
  if (kind === "date") return date;
  const joint = JOINTS[language][Math.min(index(first), index(second))] ?? ", ";
  return kind === "time" ? time : date + joint + time;
}

function isoOptions(format: string): readonly string[] | undefined {
  const match = ISO_FORMAT.exec(format);
  if (match === null) return undefined;
  const options = (match[1] ?? "").split(/[ _]/).filter((option) => option !== "");
  return options.every((option) => ISO_OPTIONS.has(option)) ? options : undefined;
}

/**
 * Whether a text is a date format: a pattern such as `dd.MM.yyyy`, a style such as `medium` or `short_long`, or `iso`
 * or `xs` with its options.
 */
export function isDateFormat(format: string): boolean {
  return isoOptions(format) !== undefined || stylePattern(format, "datetime", "en") !== undefined ||
    (!ISO_FORMAT.test(format) && isDatePattern(format));
}

/** How a date is written by ISO 8601. */
export interface IsoStyle {
  /** The smallest unit. Milliseconds are left out where there are none. */
  readonly accuracy: "h" | "m" | "s" | "ms";
  /** Whether the zone's offset is left out. Default `false`. */
  readonly withoutZone?: boolean;
  /** Whether a date without a time has the zone's offset too, as in XML Schema. Default `false`. */
  readonly isXs?: boolean;
  readonly zone: string;
}

const ACCURACIES = { h: 2, m: 5, s: 8, ms: 12 } as const;

/** Writes a date by ISO 8601: `2023-02-01T12:20:30+02:00`, `2023-02-01` or `12:20:30`. */
export function formatIso({ ms, kind }: Moment, style: IsoStyle): string {
  const time = localTime(ms, style.zone);
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${String(time.year).padStart(4, "0")}-${two(time.month)}-${two(time.day)}`;
  const zone = style.withoutZone === true ? "" : isoOffset(time.offset);
  if (kind === "date") return date + (style.isXs === true ? zone : "");
  const full = `${two(time.hour)}:${two(time.minute)}:${two(time.second)}.` +
    String(time.millisecond).padStart(3, "0");
  // Zeros at the end of the milliseconds are left out, and the point with them.
  const written = full.slice(0, ACCURACIES[style.accuracy]).replace(
    /\.(?:000|(\d+?)0+)$/,
    (_, rest) => rest === undefined ? "" : `.${rest}`,
  );
  return kind === "time" ? written + zone : `${date}T${written}${zone}`;
}

function isoStyle(format: string, options: readonly string[], zone: string): IsoStyle {
  const accuracy = (["h", "m", "s", "ms"] as const).find((unit) => options.includes(unit)) ?? "ms";
  const isUtc = options.includes("u") || options.includes("fu");
  return {
    accuracy,
    withoutZone: options.includes("nz"),
    isXs: format.startsWith("xs"),
    zone: isUtc ? "UTC" : zone,
  };
}

/**
 * Returns the format that the settings have for dates, times of the day, or both together; empty for the default style.
 */
export function formatFor(kind: MomentKind, settings: Settings): string {
  return {
    date: settings.dateFormat,
    time: settings.timeFormat,
    datetime: settings.datetimeFormat,
  }[
    kind
  ];
}

/**
 * Writes a moment by a format, as {@link isDateFormat} describes it, in the locale and time zone of the settings.
 * `undefined` where the format is not valid.
 */
export function formatMoment(
  moment: Moment,
  format: string,
  { locale, timeZone }: Settings,
): string | undefined {
  const options = isoOptions(format);
  if (options !== undefined) return formatIso(moment, isoStyle(format, options, timeZone));
  const pattern = stylePattern(format, moment.kind, locale);
  if (pattern !== undefined && !/^(?:en(?:-US)?|uk(?:-UA)?)$/.test(locale)) {
    return formatStyle(moment, format, locale, timeZone);
  }
  return formatByPattern(moment.ms, pattern ?? format, locale, timeZone);
}

/** Writes a moment by a style of another locale. */
function formatStyle(
  { ms, kind }: Moment,
  style: string,
  locale: string,
  timeZone: string,
): string {
  const [first = "medium", second = first] = style === "" ? [] : style.split("_");
  const named = (name: string) => STYLE_NAMES.find((one) => one === name) ?? "medium";
  const format = new Intl.DateTimeFormat(locale, {
    timeZone: intlZone(timeZone),
    ...(kind === "time" ? {} : { dateStyle: named(first) }),
    ...(kind === "date" ? {} : { timeStyle: named(kind === "time" ? first : second) }),
  });
  return format.format(ms).replaceAll("\u202f", " ");
}

function parseIso(text: string, kind: MomentKind, zone: string): number | undefined {
  const date = kind === "time" ? ["", "1970", "01", "01"] : ISO_DATE.exec(text);
  if (date === null) return undefined;
  const rest = kind === "time" ? text : text.slice(date[0]?.length ?? 0);
  const fields = {
    year: Number(date[1]),
    month: Number(date[2]),
    day: Number(date[3]),
    hour: 0,
    minute: 0,
    second: 0,
    millisecond: 0,
  };
  if (kind === "date") return rest === "" ? momentOf(fields, zone) : undefined;
  if (kind === "datetime" && !rest.startsWith("T")) return undefined;
  const time = ISO_TIME.exec(kind === "time" ? rest : rest.slice(1));
  if (time === null) return undefined;
  const local = {
    ...fields,
    hour: Number(time[1]),
    minute: Number(time[2] ?? 0),
    second: Number(time[3] ?? 0),
    millisecond: Number((time[4] ?? "").padEnd(3, "0").slice(0, 3)),
  };
  if (local.month > 12 || local.day > 31 || local.hour > 24 || local.minute > 59) return undefined;
  const offset = time[5];
  if (offset === undefined) return momentOf(local, zone);
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3).replace(":", "") || 0);
  const ahead = offset === "Z" ? 0 : offset.startsWith("-") ? -minutes : minutes;
  return momentOf(local, "UTC") - ahead * 60_000;
}

/**
 * Reads a text by a format, as {@link isDateFormat} describes it. A text without a time zone is in that of the
 * settings. `undefined` where the format is not valid, the text does not match it, or the date is not in the years 1 to
 * 9999.
 */
export function parseMoment(
  text: string,
  kind: MomentKind,
  format: string,
  { locale, timeZone }: Settings,
): Moment | undefined {
  const ms = isoOptions(format) === undefined
    ? parseByPattern(text, stylePattern(format, kind, locale) ?? format, locale, timeZone)
    : parseIso(text, kind, timeZone);
  return ms === undefined || !isMoment(ms) ? undefined : new Moment(ms, kind);
}
