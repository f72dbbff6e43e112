/** Runs the calls of a template's macros and functions without a message. */
import type { MacroCall } from "../../segments.ts";
import { Macro } from "../callable.ts";
import { TemplateStopped } from "../limits.ts";
import type { Item } from "../scope.ts";
import {
  type DryRun,
  type Ended,
  exceed,
  fail,
  forget,
  Found,
  need,
  type Place,
  runSome,
} from "./place.ts";
import { Failed, tryValue } from "./try_value.ts";
import { KnownVariables, Unknown, unknownItem } from "./unknown.ts";

/** Binds the values of a call to the macro's parameters. */
function bind(
  call: MacroCall,
  { definition }: Macro,
  place: Place,
  dryRun: DryRun,
): KnownVariables {
  const locals = new KnownVariables();
  const inner: Place = { ...place, items: new Map(), locals, listing: undefined };
  for (const [index, { name, other }] of definition.parameters.entries()) {
    const given = call.positional[index] ?? call.named.find(([one]) => one === name)?.[1];
    let value = given === undefined ? undefined : tryValue(given, place, true);
    if (value === undefined || value instanceof Failed) {
      if (other === undefined) {
        fail(call.of, `The macro needs a value for ${name.slice(0, 40)}`, place);
      }
      value = need(other, inner, dryRun);
    }
    locals.set(name, value);
  }
  if (definition.rest !== undefined) locals.set(definition.rest, new Unknown(false));
  return locals;
}

/** Runs the call of a macro. */
export function runMacroCall(call: MacroCall, place: Place, dryRun: DryRun): Ended {
  const macro = need(call.of, place, dryRun);
  if (macro instanceof Unknown) {
    forget([call], place, dryRun);
    return undefined;
  }
  if (!(macro instanceof Macro) || macro.isFunction) {
    fail(call.of, "This is no macro", place);
  }
  if (!place.isCertain && dryRun.running.includes(macro)) {
    forget([call], place, dryRun);
    return undefined;
  }
  const locals = bind(call, macro, place, dryRun);
  const content = (values: readonly unknown[], { isCertain }: Place) => {
    const items = new Map<string, Item>(place.items);
    call.names.forEach((name, index) => {
      const value = values[index];
      items.set(
        name,
        value instanceof Unknown
          ? unknownItem(name, value.isJson)
          : { value, index: 0, count: 1, path: name },
      );
    });
    dryRun.runAll(call.body, { ...place, items, isCertain }, dryRun);
  };
  const { env, isCertain } = place;
  dryRun.running.push(macro);
  try {
    const { tryCall } = place;
    const inner: Place = { env, items: new Map(), locals, content, isCertain, tryCall };
    dryRun.runAll(macro.definition.body, inner, dryRun);
  } catch (reason) {
    if (!(reason instanceof TemplateStopped) || reason.limit !== "depth") throw reason;
    exceed(call.of, "Macros and parts nest too deep here in every message", place);
  } finally {
    dryRun.running.pop();
  }
  return undefined;
}

/** Runs a function that gets values of which some are not known. @returns why it always fails */
export function tryFunction(
  callable: unknown,
  values: readonly unknown[],
  { env, tryCall }: Place,
  dryRun: DryRun,
): Failed | undefined {
  if (!(callable instanceof Macro) || dryRun.running.includes(callable)) return undefined;
  const { body, parameters, rest } = callable.definition;
  const locals = new KnownVariables();
  for (const [index, { name }] of parameters.entries()) {
    const value = values[index];
    locals.set(name, value instanceof Failed ? new Unknown(false) : value ?? new Unknown(false));
  }
  if (rest !== undefined) locals.set(rest, new Unknown(false));
  const place: Place = { env, items: new Map(), locals, isCertain: false, tryCall };
  dryRun.running.push(callable);
  try {
    runSome(body, place, dryRun);
  } catch (reason) {
    if (!(reason instanceof Found)) throw reason;
    return new Failed(reason.fault.message);
  } finally {
    dryRun.running.pop();
  }
  return undefined;
}
