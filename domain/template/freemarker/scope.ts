/** The values and limits of the filling of one message. */
import type { BuiltInContext } from "./built_in.ts";
import type { Expression } from "./expression.ts";
import { isNumeric } from "./decimal.ts";
import { MAX_FILLED_CHARACTERS, MAX_NESTED_STEPS, MAX_WORK, TemplateStopped } from "./limits.ts";
import { formatFor, formatMoment } from "./moments.ts";
import { formatNumber, formatPlainly } from "./number_format.ts";
import { DEFAULT_SETTINGS, type Settings } from "./settings.ts";
import { type Callable, EmptyValue, Moment, PiecedText, type TextPiece } from "./values.ts";
import type { Segment } from "../segments.ts";

/** The current item of a loop `[#list … as item]`. */
export interface Item {
  readonly value: unknown;
  /** From 0. */
  readonly index: number;
  /** The number of items of the list. */
  readonly count: number;
  /** Its path in the personalisation: `names[0]`. */
  readonly path: string;
}

/** A call of a function by an expression. */
export type CallFunction = (
  callable: Callable,
  parameters: readonly unknown[],
  env: Environment,
) => unknown;

/** What a message has once, whatever part of the template is being filled. */
export interface Environment extends BuiltInContext {
  /** The message's values by exact name. */
  readonly values: ReadonlyMap<string, unknown>;
  /** The variables that the template assigned. */
  readonly variables: Map<string, unknown>;
  readonly globals: Map<string, unknown>;
  /**
   * Called for each required value that is absent, null or of the wrong type, with its path in the personalisation,
   * such as `person.name` or `names[0]`.
   */
  onMissing: (path: string) => void;
  /** How many values were missing so far. */
  missed: number;
  /** The work done so far for the whole message. */
  work: number;
  /** How deep parts and expressions nest now. */
  depth: number;
  settings: Settings;
  readonly callFunction: CallFunction;
}

/** What the part of the template that is being filled can read. */
export interface Scope {
  readonly env: Environment;
  /** The current items of the enclosing loops, by the loops' names for them. */
  readonly items: ReadonlyMap<string, Item>;
  /** The macro's own variables; `undefined` outside macros. */
  readonly locals: Map<string, unknown> | undefined;
  /** What a name of an `[#escape]` stands for, and where that is evaluated. */
  readonly escaped?: EscapedValue | undefined;
  /** The list whose items an `[#items]` repeats for. */
  readonly listing?: Listing | undefined;
  /** Where the function or macro stores its result. */
  readonly result?: { value: unknown } | undefined;
  /** Shows the content of the macro's call, `[#nested]`; `undefined` outside macros. */
  readonly showContent?: ((values: readonly unknown[], walk: Walk) => void) | undefined;
}

/** An expression within an `[#escape]`. */
export interface EscapedValue {
  readonly name: string;
  readonly of: Expression;
  readonly scope: Scope;
}

/** The items of a list. */
export interface Listing {
  readonly path: string;
  readonly count: number;
  /** Keys of an object, or items. */
  readonly entries: Iterable<unknown>;
  /** The values of an object's keys. */
  readonly valueOf: ((key: unknown) => unknown) | undefined;
}

/**
 * Receives one piece of the filled text: what stands in place of a `${…}` or `((…))` (`isValue`), or the author's own
 * text, which conditional text is too. For a missing value it is the placeholder as written, with `isValue`. When a
 * limit ends the filling, pieces may have come before.
 */
export type Emit = (text: string, isValue: boolean) => void;

/** What ends a part of the template before its end. */
export type Signal = "break" | "continue" | "return" | undefined;

/** Where the filled text goes, and what it may still use. */
export interface Walk {
  readonly emit: Emit;
  readonly used: { characters: number; iterations: number };
  /** Fills parts of the template. */
  readonly writeAll: (segments: readonly Segment[], scope: Scope, walk: Walk) => Signal;
}

/** Writes a piece. @throws {TemplateStopped} where the filled text is too long */
export function write(walk: Walk, text: string, isValue: boolean): void {
  walk.used.characters += text.length;
  if (walk.used.characters > MAX_FILLED_CHARACTERS) throw new TemplateStopped("characters");
  walk.emit(text, isValue);
}

/** Fills a part aside. @returns its pieces, and what ended it */
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

/** Reports a value that has no path in the personalisation, unless something was reported since `before`. */
export function missOnce({ env }: Scope, before: number, written: string): void {
  if (env.missed !== before) return;
  env.missed++;
  env.onMissing(written);
}

/** Adds to the work done for the message. @throws {TemplateStopped} when it exceeds `MAX_WORK` */
export function spend(env: Environment, work: number): void {
  env.work += work;
  if (env.work > MAX_WORK) throw new TemplateStopped("work");
}

/** Goes one level down; {@link leave} goes up again. @throws {TemplateStopped} where parts nest too deep */
export function enter(env: Environment): void {
  if (++env.depth > MAX_NESTED_STEPS) throw new TemplateStopped("depth");
}

/** Goes one level up. */
export function leave(env: Environment): void {
  env.depth--;
}

/** The text of a string, number or date, by the message's settings; `undefined` for other values. */
function textOf(value: unknown, settings: Settings): string | undefined {
  if (typeof value === "string") return value;
  if (isNumeric(value)) {
    return settings.numberFormat === "number"
      ? formatPlainly(value, settings.locale)
      : formatNumber(value, settings.numberFormat, settings.locale);
  }
  if (value instanceof PiecedText) return value.text;
  if (value instanceof EmptyValue) return "";
  if (value instanceof Moment) {
    return formatMoment(value, formatFor(value.kind, settings), settings);
  }
  return undefined;
}

/** The environment of a new message. */
export function newEnvironment(
  values: ReadonlyMap<string, unknown>,
  escapes: boolean,
  onMissing: (path: string) => void,
  callFunction: CallFunction,
): Environment {
  const env: Environment = {
    values,
    escapes,
    onMissing,
    callFunction,
    variables: new Map(),
    globals: new Map(),
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

/** The value of a variable: a loop's item, a macro's own, an assigned one or one of the message. */
export function lookUp(name: string, { env, items, locals }: Scope): unknown {
  const item = items.get(name);
  if (item !== undefined) return item.value;
  if (locals?.has(name)) return locals.get(name);
  if (env.variables.size > 0 && env.variables.has(name)) return env.variables.get(name);
  if (env.globals.size > 0 && env.globals.has(name)) return env.globals.get(name);
  return env.values.get(name);
}
