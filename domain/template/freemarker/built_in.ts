/**
 * The types and helpers with which the tables of built-ins are written. A built-in is a function of FreeMarker that is
 * written after a `?`: `name?upper_case`.
 */
import type { Settings } from "./settings.ts";

/** The kind of a value. When a template is checked at publication, only kinds are known, not values. */
export type Kind = "string" | "number" | "boolean" | "date" | "list" | "hash";

/** What a built-in can read and call besides its value and parameters. */
export interface BuiltInContext {
  /** Whether values are escaped where they are inserted; `?html` then returns its value unchanged. */
  readonly escapes: boolean;
  readonly settings: Settings;
  /** The text of a string, number or date; `undefined` for other values. */
  readonly textOf: (value: unknown) => string | undefined;
  /** Adds to the message's work, in the unit of `MAX_WORK`. @throws {TemplateStopped} when it exceeds that limit */
  readonly spend: (work: number) => void;
  /**
   * Call before making a text or list: checks its length, and adds it to the message's work.
   *
   * @throws {TemplateStopped} when the length or the work exceeds its limit
   */
  readonly grow: (length: number) => void;
}

/** A built-in. It changes nothing, and reads only its value, its parameters and the context. */
export interface BuiltInEntry {
  /** Minimum and maximum number of parameters. */
  readonly parameters: readonly [number, number];
  /** The kinds of values that it can be applied to; absent for all. */
  readonly on?: readonly Kind[];
  /** The kind of its result; absent where that depends on the value. */
  readonly gives?: Kind | undefined;
  /** Returns `undefined` where the value or a parameter has the wrong type. */
  readonly apply: (
    value: unknown,
    parameters: readonly unknown[],
    context: BuiltInContext,
  ) => unknown;
}

/** The kinds that have a text. */
const TEXTUAL = ["string", "number", "date"] as const;

/**
 * Makes a built-in that is applied to the text of a string, number or date, and is `undefined` for other values.
 *
 * @param parameters the minimum and maximum number of parameters
 * @param gives the kind of its result; `undefined` where that depends on the value
 */
export function ofText(
  parameters: readonly [number, number],
  gives: Kind | undefined,
  apply: (text: string, parameters: readonly unknown[], context: BuiltInContext) => unknown,
): BuiltInEntry {
  return {
    parameters,
    on: TEXTUAL,
    gives,
    apply: (value, given, context) => {
      const text = context.textOf(value);
      return text === undefined ? undefined : apply(text, given, context);
    },
  };
}

/** Returns a parameter's text, also of a number or date; `undefined` where it is absent or has another type. */
export function textAt(
  parameters: readonly unknown[],
  index: number,
  { textOf }: BuiltInContext,
): string | undefined {
  return index < parameters.length ? textOf(parameters[index]) : undefined;
}

/**
 * Returns a parameter's number without its fraction; `undefined` where it is absent or not a finite JavaScript number.
 */
export function wholeAt(parameters: readonly unknown[], index: number): number | undefined {
  const value = parameters[index];
  return typeof value === "number" && Number.isFinite(value) ? Math.trunc(value) : undefined;
}
