/** Fills the directives other than `[#if]` and `[#list]`. */
import type {
  Assign,
  AssignScope,
  Attempt,
  Directive,
  MacroCall,
  SettingChange,
  Step,
  Switch,
} from "../segments.ts";
import { Macro, run as runMacro } from "./callable.ts";
import { isSame } from "./compare_values.ts";
import { compressPieces } from "./compress.ts";
import { evaluate } from "./evaluate.ts";
import { operate } from "./operators.ts";
import { pathOf } from "./path.ts";
import { capture, missOnce, type Scope, type Signal, type Walk, write } from "./scope.ts";
import { changeSetting } from "./settings.ts";
import { PiecedText } from "./values.ts";

function variablesOf(kind: AssignScope, { env, locals }: Scope): Map<string, unknown> {
  if (kind === "local" && locals !== undefined) return locals;
  return kind === "global" ? env.globals : env.variables;
}

function assign({ scope: kind, name, by, value, written }: Assign, scope: Scope): void {
  const before = scope.env.missed;
  const given = evaluate(value, scope, false);
  const variables = variablesOf(kind, scope);
  if (by === undefined && given !== undefined) {
    variables.set(name, given);
    return;
  }
  const old = variables.get(name);
  const made = given === undefined || by === undefined || old === undefined
    ? undefined
    : operate(old, by, given, scope.env);
  if (made === undefined) missOnce(scope, before, old === undefined ? name : written);
  else variables.set(name, made);
}

function callMacro(call: MacroCall, scope: Scope, walk: Walk): void {
  const { env } = scope;
  const before = env.missed;
  const macro = evaluate(call.of, scope, false);
  if (!(macro instanceof Macro) || macro.isFunction) return missOnce(scope, before, call.written);
  const positional = call.positional.map((part) => evaluate(part, scope, true));
  const named = new Map(call.named.map(([name, part]) => [name, evaluate(part, scope, true)]));
  const showContent = (values: readonly unknown[], inner: Walk) => {
    const items = new Map(scope.items);
    call.names.forEach((name, index) =>
      items.set(name, { value: values[index], index: 0, count: 1, path: name })
    );
    walk.writeAll(call.body, { ...scope, items }, inner);
  };
  const { missing } = runMacro(macro, { positional, named }, env, walk, showContent);
  if (missing === undefined) return;
  const index = macro.definition.parameters.findIndex(({ name }) => name === missing);
  const given = call.positional[index] ?? call.named.find(([name]) => name === missing)?.[1];
  missOnce(scope, before, (given && pathOf(given, scope)) ?? call.written);
}

function choose({ of, cases, written }: Switch, scope: Scope, walk: Walk): Signal {
  const before = scope.env.missed;
  const value = evaluate(of, scope, false);
  if (value === undefined) {
    missOnce(scope, before, written);
    return undefined;
  }
  let first: number | undefined;
  for (const [index, { value: wanted }] of cases.entries()) {
    if (wanted === undefined) continue;
    const compared = evaluate(wanted, scope, false);
    const same = compared === undefined ? undefined : isSame(value, compared);
    if (same === undefined) {
      missOnce(scope, before, pathOf(of, scope) ?? written);
      return undefined;
    }
    if (same) {
      first = index;
      break;
    }
  }
  // The default runs alone; a case runs on into those after it.
  const run = first === undefined
    ? cases.filter((one) => one.value === undefined)
    : cases.slice(first);
  for (const { body } of run) {
    const signal = walk.writeAll(body, scope, walk);
    // A [#continue] in a switch ends the switch, as on the platform.
    if (signal !== undefined) return signal === "return" ? signal : undefined;
  }
  return undefined;
}

function attempt({ body, recover }: Attempt, scope: Scope, walk: Walk): Signal {
  const { env } = scope;
  const { onMissing, missed } = env;
  let missing: string | undefined;
  env.onMissing = (path) => missing ??= path;
  const { pieces, signal } = capture(body, scope, walk);
  env.onMissing = onMissing;
  env.missed = missed;
  if (missing === undefined) {
    for (const { text, isValue } of pieces) walk.emit(text, isValue);
    return signal;
  }
  (scope.locals ?? env.variables).set(".error", `There is no value of ${missing}`);
  return walk.writeAll(recover, scope, walk);
}

function change({ name, value, written }: SettingChange, scope: Scope): void {
  const { env } = scope;
  const before = env.missed;
  const given = evaluate(value, scope, false);
  const text = typeof given === "boolean" ? String(given) : env.textOf(given);
  const settings = text === undefined ? undefined : changeSetting(env.settings, name, text);
  if (settings === undefined) missOnce(scope, before, written);
  else env.settings = settings;
}

function step(directive: Step, scope: Scope, walk: Walk): Signal {
  const before = scope.env.missed;
  switch (directive.kind) {
    case "break":
    case "continue":
      return directive.kind;
    case "return": {
      const { value, written } = directive;
      const given = value === undefined ? undefined : evaluate(value, scope, false);
      if (value !== undefined && given === undefined) missOnce(scope, before, written);
      if (scope.result !== undefined) scope.result.value = given;
      return "return";
    }
    case "stop":
      missOnce(scope, before, directive.written);
      return undefined;
    case "nested": {
      const values = directive.values.map((part) => evaluate(part, scope, false));
      scope.showContent?.(values, walk);
      return undefined;
    }
  }
}

/** Fills a directive. @returns the signal to end the part of the template that contains it; `undefined` to go on */
export function writeDirective(directive: Directive, scope: Scope, walk: Walk): Signal {
  const { env } = scope;
  switch (directive.kind) {
    case "assign":
      assign(directive, scope);
      return undefined;
    case "capture": {
      const { pieces, signal } = capture(directive.body, scope, walk);
      const text = pieces.map((piece) => piece.text).join("");
      const isPlain = !env.escapes && !directive.isEscaped;
      const value = isPlain ? text : new PiecedText(pieces, directive.isEscaped);
      variablesOf(directive.scope, scope).set(directive.name, value);
      return signal;
    }
    case "definition":
      env.variables.set(directive.name, new Macro(directive));
      return undefined;
    case "call":
      callMacro(directive, scope, walk);
      return undefined;
    case "switch":
      return choose(directive, scope, walk);
    case "attempt":
      return attempt(directive, scope, walk);
    case "setting":
      change(directive, scope);
      return undefined;
    case "compress": {
      const { pieces, signal } = capture(directive.body, scope, walk);
      for (const { text, isValue } of compressPieces(pieces)) write(walk, text, isValue);
      return signal;
    }
    case "items":
      return undefined;
    default:
      return step(directive, scope, walk);
  }
}
