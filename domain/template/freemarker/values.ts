/** The values of a FreeMarker template that JSON does not have. */
import { toText } from "../../python_compat/text.ts";

/** The base of every value of a template that is not a JSON value. */
export abstract class FreemarkerValue {
  /** Makes the class nominal: no object of the same shape counts as a value of a template. */
  protected readonly isFreemarkerValue = true;
}

/** An object with named fields: a JSON object, or a `{…}` written in a template. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value has fields: a JSON object or a `{…}`, not a list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof FreemarkerValue);
}

/** A piece of a text: written by the template's author, or from a value (`isValue`), which has to be escaped. */
export interface TextPiece {
  readonly text: string;
  readonly isValue: boolean;
}

/**
 * A text that keeps the author's parts apart from those of values, so that only values are escaped: that of `[#assign
 * x]…[/#assign]`, or a text in quotes with HTML in it.
 */
export class PiecedText extends FreemarkerValue {
  constructor(
    readonly pieces: readonly TextPiece[],
    /** Whether its pieces are escaped for the output format already. */
    readonly isEscaped: boolean,
  ) {
    super();
  }

  /** The whole text, with all pieces joined. */
  get text(): string {
    return this.pieces.map(({ text }) => text).join("");
  }
}

/**
 * The default of `value!`. It counts as an empty text, an empty list or an object without fields, whichever is needed.
 */
export class EmptyValue extends FreemarkerValue {}
/** The only instance of {@link EmptyValue}. */
export const EMPTY: EmptyValue = new EmptyValue();

/** A range without an end: `3..`. */
export class OpenRange extends FreemarkerValue {
  constructor(readonly from: number) {
    super();
  }
}

/** A macro or function of the template. */
export abstract class Callable extends FreemarkerValue {
  abstract readonly isFunction: boolean;
}

/** Whether a {@link Moment} is a date, a time of the day, or both. */
export type MomentKind = "date" | "time" | "datetime";

/** A date, a time of the day, or both: as a moment, which the settings' time zone shows. */
export class Moment extends FreemarkerValue {
  constructor(
    /** Milliseconds since 1970 in UTC. */
    readonly ms: number,
    readonly kind: MomentKind,
  ) {
    super();
  }
}

/** The result of `?matches`: whether the whole text matches, all matches in the text, and the groups. */
export class MatchResult extends FreemarkerValue {
  constructor(
    readonly isWhole: boolean,
    /** Every match in the text, in order. */
    readonly found: readonly string[],
    /**
     * The groups of the match of the whole text, or else of the first match in it: first the match itself, then its
     * groups. Empty where nothing matches.
     */
    readonly groups: readonly string[],
  ) {
    super();
  }
}

/**
 * The text of a string, a number (as Python writes it: `12`, `1.5`, `1e-05`) or a boolean (`true`, `false`);
 * `undefined` for other values. Used for the placeholders of Diia templates.
 */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return toText(value);
  return typeof value === "boolean" ? String(value) : undefined;
}

/**
 * Estimates what an operation on the value costs: the characters of a text, the items of a list with the characters of
 * its texts, the fields of an object, and 1 for other values.
 */
export function weightOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (value instanceof PiecedText) return value.text.length;
  if (isFields(value)) return Object.keys(value).length;
  if (!Array.isArray(value)) return 1;
  return value.reduce((sum: number, item) => sum + (typeof item === "string" ? item.length : 1), 1);
}
