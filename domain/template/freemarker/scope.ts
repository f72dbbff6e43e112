/** The state of filling one message: values, variables, limits, and where the text goes. */
import type { BuiltInContext } from "./built_in.ts";
import type { Expression } from "./expression.ts";
import { isNumeric } from "./decimal.ts";
import { MAX_FILLED_CHARACTERS, MAX_NESTED_STEPS, MAX_WORK, TemplateStopped } from "./limits.ts";
import { formatFor, formatMoment } from "./moments.ts";
import { formatNumber, formatPlainly } from "./number_format.ts";
import { DEFAULT_SETTINGS, type Settings } from "./settings.ts";
import { type Callable, EmptyValue, Moment, PiecedText, type TextPiece } from "./values.ts";
import type { Segment } from "../segments.ts";

/** The current item of a loop `[#list … as item]`, a parameter of `x -> …`, or a value of `[#nested …]`. */
export interface Item {
  readonly value: unknown;
  /** From 0. */
  readonly index: number;
  /** The number of items of the list. */
  readonly count: number;
  /** Its path in the personalisation: `names[0]`. */
  readonly path: string;
}

/** Calls a function that the template defines. @returns its result; `undefined` without one, or for a macro */
export type CallFunction = (
  callable: Callable,
  parameters: readonly unknown[],
  env: Environment,
) => unknown;

/** The state that all parts of the template share while one message is filled. */
export interface Environment extends BuiltInContext {
  /** The message's values by exact name. */
  readonly values: ReadonlyMap<string, unknown>;
  /** The variables of `[#assign]`, and the template's macros and functions, by name. */
  readonly variables: Map<string, unknown>;
  readonly globals: Map<string, unknown>;
  /**
   * Called for each required value that is absent, null or of the wrong type, with its path in the personalisation,
   * such as `person.name` or `names[0]`.
   */
  onMissing: (path: string) => void;
  /** How many missing values were reported so far. */
  missed: number;
  /** The work done so far for the whole message, in the unit of `MAX_WORK`. */
  work: number;
  /** How many parts, expressions and calls are nested at present; at most `MAX_NESTED_STEPS`. */
  depth: number;
  settings: Settings;
  readonly callFunction: CallFunction;
}

/** What expressions can read at one place of the template. */
export interface Scope {
  readonly env: Environment;
  /** The current items of the enclosing loops, by the loops' names for them. */
  readonly items: ReadonlyMap<string, Item>;
  /** The variables of the macro or function that is running; `undefined` outside. */
  readonly locals: Map<string, unknown> | undefined;
  /** Inside an `[#escape name as …]`: the name, the output's expression, and the scope to evaluate that in. */
  readonly escaped?: EscapedValue | undefined;
  /** The list of a `[#list]` without a name for its items, which its `[#items]` goes through. */
  readonly listing?: Listing | undefined;
  /** Where `[#return]` stores the result of the macro or function. */
  readonly result?: { value: unknown } | undefined;
  /** Writes the content of the macro's call, for `[#nested]`; `undefined` outside macros. */
  readonly showContent?: ((values: readonly unknown[], walk: Walk) => void) | undefined;
}

/** The expression of an output within an `[#escape]`, for which the directive's name stands. */
export interface EscapedValue {
  readonly name: string;
  readonly of: Expression;
  readonly scope: Scope;
}

/** What a loop goes through: the items of a list, or the keys of an object. */
export interface Listing {
  readonly path: string;
  readonly count: number;
  /** The items, or the keys of an object. */
  readonly entries: Iterable<unknown>;
  /** Returns the value of an object's key; `undefined` for a list. */
  readonly valueOf: ((key: unknown) => unknown) | undefined;
}

/**
 * Receives one piece of the filled text: what stands in place of a `${…}` or `((…))` (`isValue`), or the author's own
 * text, which conditional text is too. For a missing value it is the placeholder as written, with `isValue`. When a
 * limit ends the filling, pieces may have come before.
 */
export type Emit = (text: string, isValue: boolean) => void;

/**
 * Why the writing of a part stopped before its end, so that the parts around it stop too; `undefined` when it did not.
 */
export type Signal = "break" | "continue" | "return" | undefined;

/** Where the filled text goes, and how many characters and loop iterations were used so far. */
export interface Walk {
  readonly emit: Emit;
  readonly used: { characters: number; iterations: number };
  /** Writes segments in order. @returns the signal that stopped them, if any */
  readonly writeAll: (segments: readonly Segment[], scope: Scope, walk: Walk) => Signal;
}

/**
 * Passes a piece to `emit` and counts its characters.
 *
 * @throws {TemplateStopped} when the filled text exceeds `MAX_FILLED_CHARACTERS`
 */
export function write(walk: Walk, text: string, isValue: boolean): void {
  walk.used.characters += text.length;
  if (walk.used.characters > MAX_FILLED_CHARACTERS) throw new TemplateStopped("characters");
  walk.emit(text, isValue);
}

/**
 * Fills segments without passing their text to `walk.emit`.
 *
 * @returns the text's pieces, and the signal that stopped it
 */
export function capture(
  segments: readonly Segment[],
  scope: Scope,
  walk: Walk,
): { readonly pieces: readonly TextPiece[]; readonly signal: Signal } {
  const pieces: TextPiece[] = [];
  const emit: Emit = (text, isValue) => pieces.push({ text, isValue });
  const signal = walk.writeAll(segments, scope, { ...walk, emit });
  return { pieces, signal };
}

/** Reports a missing value by its source text, unless a value was reported since `env.missed` was `before`. */
export function missOnce({ env }: Scope, before: number, written: string): void {
  if (env.missed !== before) return;
  env.missed++;
  env.onMissing(written);
}

/** Adds to the message's work, in the unit of `MAX_WORK`. @throws {TemplateStopped} when it exceeds that limit */
export function spend(env: Environment, work: number): void {
  env.work += work;
  if (env.work > MAX_WORK) throw new TemplateStopped("work");
}

/**
 * Counts one more level of nesting; call {@link leave} at its end.
 *
 * @throws {TemplateStopped} beyond `MAX_NESTED_STEPS`
 */
export function enter(env: Environment): void {
  if (++env.depth > MAX_NESTED_STEPS) throw new TemplateStopped("depth");
}

/** Counts one level of nesting less. */
export function leave(env: Environment): void {
  env.depth--;
}

/**
 * The text of a string, number or date by the message's settings, and of a boolean where they have texts for it;
 * `undefined` for other values.
 */
function textOf(value: unknown, settings: Settings): string | undefined {
  if (typeof value === "string") return value;
  if (isNumeric(value)) {
    return settings.numberFormat === "number"
      ? formatPlainly(value, settings.locale)
      : formatNumber(value, settings.numberFormat, settings.locale);
  }
  if (value instanceof PiecedText) return value.text;
  if (value instanceof EmptyValue) return "";
  if (typeof value === "boolean") return settings.booleans?.[value ? 0 : 1];
  if (value instanceof Moment) {
    return formatMoment(value, formatFor(value.kind, settings), settings);
  }
  return undefined;
}

/**
 * Creates the state of a new message.
 *
 * @param values the message's values by exact name
 * @param escapes whether values are escaped where they are inserted, so that `?html` leaves them as they are
 * @param onMissing called with the path of each required value that is missing
 * @param newVariables creates the stores of variables, which are empty at first
 */
export function newEnvironment(
  values: ReadonlyMap<string, unknown>,
  escapes: boolean,
  onMissing: (path: string) => void,
  callFunction: CallFunction,
  newVariables: () => Map<string, unknown> = () => new Map(),
): Environment {
  const env: Environment = {
    values,
    escapes,
    onMissing,
    callFunction,
    variables: newVariables(),
    globals: newVariables(),
    missed: 0,
    work: 0,
    depth: 0,
    settings: DEFAULT_SETTINGS,
    textOf: (value) => textOf(value, env.settings),
    spend: (work) => spend(env, work),
    grow: (length) => {
      if (length > MAX_FILLED_CHARACTERS) throw new TemplateStopped("characters");
      spend(env, length);
    },
  };
  return env;
}

/**
 * Returns the value of a variable; `undefined` for an unknown one. The first of these that has the name wins: the items
 * of loops, the running macro's variables, those of `[#assign]`, those of `[#global]`, the message's values.
 */
export function lookUp(name: string, { env, items, locals }: Scope): unknown {
  const item = items.get(name);
  if (item !== undefined) return item.value;
  if (locals?.has(name)) return locals.get(name);
  if (env.variables.size > 0 && env.variables.has(name)) return env.variables.get(name);
  if (env.globals.size > 0 && env.globals.has(name)) return env.globals.get(name);
  return env.values.get(name);
}
