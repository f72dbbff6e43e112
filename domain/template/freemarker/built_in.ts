/** What every table of built-ins is made of. */
import type { Settings } from "./settings.ts";

/** What a value is, for the checks of a template that know no values. */
export type Kind = "string" | "number" | "boolean" | "date" | "list" | "hash";

/** What a built-in reads and may use besides its value and parameters. */
export interface BuiltInContext {
  /** Whether values are escaped where they are inserted; `?html` then returns its value unchanged. */
  readonly escapes: boolean;
  readonly settings: Settings;
  /** The text of a string, number or date; `undefined` for other values. */
  readonly textOf: (value: unknown) => string | undefined;
  /** Adds to the work done for the message. @throws {TemplateStopped} */
  readonly spend: (work: number) => void;
  /** Adds the making of a text or list of this length. @throws {TemplateStopped} where it is too long */
  readonly grow: (length: number) => void;
}

/** A built-in: a pure function of its value and parameters. */
export interface BuiltInEntry {
  /** Minimum and maximum number of parameters. */
  readonly parameters: readonly [number, number];
  /** The kinds of values that it can be applied to; without it, all. */
  readonly on?: readonly Kind[];
  /** The kind of its result, where that is always the same. */
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

/** A built-in of texts. Its parameters are those after the first two of `apply`. */
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

/** A parameter that is a text; numbers count as texts. */
export function textAt(
  parameters: readonly unknown[],
  index: number,
  { textOf }: BuiltInContext,
): string | undefined {
  return index < parameters.length ? textOf(parameters[index]) : undefined;
}

/** A parameter that is a whole number. */
export function wholeAt(parameters: readonly unknown[], index: number): number | undefined {
  const value = parameters[index];
  return typeof value === "number" && Number.isFinite(value) ? Math.trunc(value) : undefined;
}
