/** Macros and functions that a template defines. */
import type { Definition, Segment } from "../segments.ts";
import { evaluate } from "./evaluate.ts";
import { type Environment, type Scope, type Walk } from "./scope.ts";
import { Callable } from "./values.ts";

/** A macro or function of a template as a value, which an expression can call. */
export class Macro extends Callable {
  constructor(readonly definition: Definition) {
    super();
  }

  override get isFunction(): boolean {
    return this.definition.isFunction;
  }
}

/** The values that a call passes, by position or by name. */
export interface Given {
  readonly positional: readonly unknown[];
  readonly named: ReadonlyMap<string, unknown>;
}

/**
 * The macro's own variables at its start: the given values, or the defaults of its parameters.
 *
 * @returns the name of a parameter without a value instead
 */
function bind(
  { definition }: Macro,
  given: Given,
  env: Environment,
): Map<string, unknown> | string {
  const { parameters, rest } = definition;
  const locals = new Map<string, unknown>();
  const scope: Scope = { env, items: new Map(), locals };
  for (const [index, { name, other }] of parameters.entries()) {
    const value = given.positional[index] ?? given.named.get(name) ??
      (other === undefined ? undefined : evaluate(other, scope, false));
    if (value === undefined) return name;
    locals.set(name, value);
  }
  if (rest === undefined) return locals;
  const names = new Set(parameters.map(({ name }) => name));
  const others = [...given.named].filter(([name]) => !names.has(name));
  const fields: Record<string, unknown> = Object.create(null);
  for (const [name, value] of others) fields[name] = value;
  locals.set(rest, others.length > 0 ? fields : given.positional.slice(parameters.length));
  return locals;
}

/**
 * Runs a macro or function. A macro writes its text to `walk`; for a function, pass one that discards the text.
 *
 * @returns the value of its `[#return]` as `value`; or, where a parameter has neither a value nor a default, that
 * parameter's name as `missing`, and nothing is run
 */
export function run(
  macro: Macro,
  given: Given,
  env: Environment,
  walk: Walk,
  showContent?: Scope["showContent"],
): { readonly value?: unknown; readonly missing?: string } {
  const locals = bind(macro, given, env);
  if (typeof locals === "string") return { missing: locals };
  const result = { value: undefined };
  const scope: Scope = { env, items: new Map(), locals, result, showContent };
  walk.writeAll(macro.definition.body, scope, walk);
  return { value: result.value };
}

/**
 * Stores the macros and functions among these segments as variables. Call it before filling, so that the template can
 * call them above their definitions too. Those within other directives are not found.
 */
export function defineAll(segments: readonly Segment[], env: Environment): void {
  for (const segment of segments) {
    if (typeof segment !== "string" && segment.kind === "definition") {
      env.variables.set(segment.name, new Macro(segment));
    }
  }
}
