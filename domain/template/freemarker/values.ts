/** The values of a template beside JSON's. */
import { toText } from "../../python_compat/text.ts";

/** The base of every value that is no JSON value. */
export abstract class FreemarkerValue {
  /** Only instances of this project's classes are values. */
  protected readonly isFreemarkerValue = true;
}

/** A JSON object, or a `{…}` of a template. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value has fields: a JSON object or a `{…}`, not a list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof FreemarkerValue);
}

/** A part of a text: of the author's (`isValue` is false), or of a value. */
export interface TextPiece {
  readonly text: string;
  readonly isValue: boolean;
}

/**
 * A text that keeps apart its author's parts and those of values: `[#assign x]…[/#assign]`, or a text in quotes with a
 * `<` or `&`.
 */
export class PiecedText extends FreemarkerValue {
  constructor(
    readonly pieces: readonly TextPiece[],
    /** Whether it is escaped for the output format already. */
    readonly isEscaped: boolean,
  ) {
    super();
  }

  /** The text without the distinction. */
  get text(): string {
    return this.pieces.map(({ text }) => text).join("");
  }
}

/** What `value!` gives: an empty text, an empty list and an object without fields, whichever is needed. */
export class EmptyValue extends FreemarkerValue {}
/** The one {@link EmptyValue}. */
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

/** What a {@link Moment} is. */
export type MomentKind = "date" | "time" | "datetime";

/** A date, a time of the day or both. */
export class Moment extends FreemarkerValue {
  constructor(
    /** Milliseconds since 1970 in UTC. */
    readonly ms: number,
    readonly kind: MomentKind,
  ) {
    super();
  }
}

/** What `?matches` gives: whether the whole text matches, the matches in it, and the groups. */
export class MatchResult extends FreemarkerValue {
  constructor(
    readonly isWhole: boolean,
    /** Every match in the text, in order. */
    readonly found: readonly string[],
    /** The groups of the match of the whole text: first that match itself. */
    readonly groups: readonly string[],
  ) {
    super();
  }
}

/**
 * The text of a string, a number (as Python writes it: `12`, `1.5`, `1e-05`) or a boolean (`true`, `false`);
 * `undefined` for other values. Diia's parameters are written so.
 */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return toText(value);
  return typeof value === "boolean" ? String(value) : undefined;
}

/** How many characters or items an operation on the value has to read, as an estimate of its cost. */
export function weightOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (value instanceof PiecedText) return value.text.length;
  if (isFields(value)) return Object.keys(value).length;
  if (!Array.isArray(value)) return 1;
  return value.reduce((sum: number, item) => sum + (typeof item === "string" ? item.length : 1), 1);
}
