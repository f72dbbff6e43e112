/** Built-ins of numbers, dates and booleans. */
import { type BuiltInContext, type BuiltInEntry, type Kind, textAt } from "./built_in.ts";
import {
  compareNumeric,
  compute,
  isNumeric,
  type Numeric,
  roundHalfCeiling,
  roundWhole,
  toNumber,
} from "./decimal.ts";
import { formatFor, formatIso, formatMoment, type IsoStyle, parseMoment } from "./moments.ts";
import { formatNumber } from "./number_format.ts";
import { MatchResult, Moment, type MomentKind } from "./values.ts";
import { isMoment, isZone, toZone } from "./zone_time.ts";

function ofNumber(gives: Kind, apply: (value: Numeric) => unknown): BuiltInEntry {
  return {
    parameters: [0, 0],
    on: ["number"],
    gives,
    apply: (value) => isNumeric(value) ? apply(value) : undefined,
  };
}

/** Cuts a number to a whole one of so many bits, as the platform's runtime does. */
function cut(bits: number): BuiltInEntry {
  return ofNumber("number", (value) => {
    const whole = roundWhole(value, "down");
    return typeof whole === "number"
      ? Number.isFinite(whole) ? Number(BigInt.asIntN(bits, BigInt(whole))) : undefined
      : toNumber(whole);
  });
}

/** 1 is `a`, 27 is `aa`. */
function letters(value: Numeric, first: string): string | undefined {
  let rest = toNumber(value);
  if (!Number.isInteger(rest) || rest < 1) return undefined;
  let out = "";
  for (; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    out = String.fromCharCode(first.charCodeAt(0) + (rest - 1) % 26) + out;
  }
  return out;
}

function absolute(value: Numeric): Numeric | undefined {
  return compareNumeric(value, 0) < 0 ? compute(0, "-", value) : value;
}

function toMoment(kind: MomentKind): BuiltInEntry {
  return ofNumber("date", (value) => {
    const ms = Math.trunc(toNumber(value));
    return isMoment(ms) ? new Moment(ms, kind) : undefined;
  });
}

function parsed(kind: MomentKind): BuiltInEntry {
  return {
    parameters: [0, 1],
    on: ["string", "date"],
    gives: "date",
    apply: (value, parameters, context) => {
      if (value instanceof Moment) {
        const isKnown = value.kind === kind || value.kind === "datetime";
        return isKnown && parameters.length === 0 ? new Moment(value.ms, kind) : undefined;
      }
      if (isNumeric(value)) return undefined;
      const text = context.textOf(value);
      const format = parameters.length === 0
        ? formatFor(kind, context.settings)
        : textAt(parameters, 0, context);
      if (text === undefined || format === undefined) return undefined;
      return parseMoment(text, kind, format, context.settings);
    },
  };
}

/** A date that was made with a kind keeps it. */
const KIND_IF_UNKNOWN: BuiltInEntry = {
  parameters: [0, 0],
  on: ["date"],
  gives: "date",
  apply: (value) => value instanceof Moment ? value : undefined,
};

function iso(style: Partial<IsoStyle> & { readonly isUtc: boolean }): BuiltInEntry {
  return {
    parameters: [0, 0],
    on: ["date"],
    gives: "string",
    apply: (value, _none, { settings }) =>
      value instanceof Moment
        ? formatIso(value, {
          accuracy: style.accuracy ?? "s",
          withoutZone: style.withoutZone ?? false,
          zone: style.isUtc ? "UTC" : settings.timeZone,
        })
        : undefined,
  };
}

const ISO_IN_ZONE: BuiltInEntry = {
  parameters: [1, 1],
  on: ["date"],
  gives: "string",
  apply: (value, parameters, context) => {
    const zone = textAt(parameters, 0, context);
    return value instanceof Moment && zone !== undefined && isZone(zone)
      ? formatIso(value, { accuracy: "s", zone: toZone(zone) })
      : undefined;
  },
};

/** Writes a value by a format, or a boolean by its two texts. */
function asString(
  value: unknown,
  parameters: readonly unknown[],
  context: BuiltInContext,
): string | undefined {
  const { settings } = context;
  const isTrue = value instanceof MatchResult ? value.isWhole : value;
  if (typeof isTrue === "boolean") {
    if (parameters.length === 0) {
      const [yes, no] = settings.booleans ?? ["true", "false"];
      return isTrue ? yes : no;
    }
    const [yes, no] = [textAt(parameters, 0, context), textAt(parameters, 1, context)];
    if (parameters.length === 1 || yes === undefined || no === undefined) return undefined;
    return isTrue ? yes : no;
  }
  if (parameters.length === 0) return context.textOf(value);
  const format = textAt(parameters, 0, context);
  if (parameters.length > 1 || format === undefined) return undefined;
  if (isNumeric(value)) return formatNumber(value, format, settings.locale);
  return value instanceof Moment ? formatMoment(value, format, settings) : undefined;
}

function computerText(value: unknown, settings: BuiltInContext["settings"]): string | undefined {
  const isTrue = value instanceof MatchResult ? value.isWhole : value;
  if (typeof isTrue === "boolean") return String(isTrue);
  return isNumeric(value) ? formatNumber(value, "computer", settings.locale) : undefined;
}

/** The built-ins of numbers, dates and booleans, such as `?round`, `?string` and `?iso_utc`. */
export const NUMBER_BUILT_INS = {
  c: {
    parameters: [0, 0],
    on: ["number", "boolean"],
    gives: "string",
    apply: (value, _none, { settings }) => computerText(value, settings),
  },
  string: {
    parameters: [0, 2],
    on: ["string", "number", "boolean", "date"],
    gives: "string",
    apply: asString,
  },
  abs: ofNumber("number", absolute),
  round: ofNumber("number", roundHalfCeiling),
  floor: ofNumber("number", (value) => roundWhole(value, "floor")),
  ceiling: ofNumber("number", (value) => roundWhole(value, "ceiling")),
  int: cut(32),
  long: {
    ...cut(64),
    on: ["number", "date"],
    apply: (value, none, context) =>
      value instanceof Moment ? value.ms : cut(64).apply(value, none, context),
  },
  short: cut(16),
  byte: cut(8),
  float: ofNumber("number", (value) => Math.fround(toNumber(value))),
  double: ofNumber("number", toNumber),
  is_infinite: ofNumber("boolean", (value) => Math.abs(toNumber(value)) === Infinity),
  is_nan: ofNumber("boolean", () => false),
  lower_abc: ofNumber("string", (value) => letters(value, "a")),
  upper_abc: ofNumber("string", (value) => letters(value, "A")),
  number_to_date: toMoment("date"),
  number_to_time: toMoment("time"),
  number_to_datetime: toMoment("datetime"),
  date: parsed("date"),
  time: parsed("time"),
  datetime: parsed("datetime"),
  date_if_unknown: KIND_IF_UNKNOWN,
  time_if_unknown: KIND_IF_UNKNOWN,
  datetime_if_unknown: KIND_IF_UNKNOWN,
  iso: ISO_IN_ZONE,
  iso_utc: iso({ isUtc: true }),
  iso_utc_ms: iso({ isUtc: true, accuracy: "ms" }),
  iso_utc_m: iso({ isUtc: true, accuracy: "m" }),
  iso_utc_h: iso({ isUtc: true, accuracy: "h" }),
  iso_utc_nz: iso({ isUtc: true, withoutZone: true }),
  iso_utc_ms_nz: iso({ isUtc: true, accuracy: "ms", withoutZone: true }),
  iso_utc_m_nz: iso({ isUtc: true, accuracy: "m", withoutZone: true }),
  iso_utc_h_nz: iso({ isUtc: true, accuracy: "h", withoutZone: true }),
  iso_local: iso({ isUtc: false }),
  iso_local_ms: iso({ isUtc: false, accuracy: "ms" }),
  iso_local_m: iso({ isUtc: false, accuracy: "m" }),
  iso_local_h: iso({ isUtc: false, accuracy: "h" }),
  iso_local_nz: iso({ isUtc: false, withoutZone: true }),
  iso_local_ms_nz: iso({ isUtc: false, accuracy: "ms", withoutZone: true }),
  iso_local_m_nz: iso({ isUtc: false, accuracy: "m", withoutZone: true }),
  iso_local_h_nz: iso({ isUtc: false, accuracy: "h", withoutZone: true }),
} as const satisfies Record<string, BuiltInEntry>;
