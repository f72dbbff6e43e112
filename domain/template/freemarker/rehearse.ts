/**
 * Runs a template before any message is there: what depends on the message's values stays unknown, and everything else
 * is computed as it will be when a message is filled. What fails here fails in every message that comes to this place.
 */
import type {
  Assign,
  Attempt,
  Branch,
  Capture,
  Items,
  Loop,
  MacroCall,
  Output,
  Segment,
  SettingChange,
  Switch,
} from "../segments.ts";
import { defineAll, Macro, run } from "./callable.ts";
import type { Needed } from "./check.ts";
import { changesOf, hasCall } from "./changes.ts";
import { isSame } from "./compare_values.ts";
import { listingOf, outputText, writeAll } from "./expand.ts";
import type { Expression } from "./expression.ts";
import {
  MAX_FILLED_CHARACTERS,
  MAX_ITERATIONS,
  MAX_WORK,
  NODE_WORK,
  TemplateStopped,
} from "./limits.ts";
import { operate } from "./operators.ts";
import {
  enter,
  type Item,
  leave,
  type Listing,
  newEnvironment,
  type Signal,
  spend,
  type Walk,
} from "./scope.ts";
import { changeSetting, type Settings } from "./settings.ts";
import { Failed, NO_VALUE, tryCondition, type TryScope, tryValue } from "./try_value.ts";
import { KnownVariables, MessageValues, Unknown, unknownItem } from "./unknown.ts";
import { PiecedText } from "./values.ts";

/**
 * The most work of a rehearsal, in the unit of `MAX_WORK`, and the most segments that it goes through. Beyond them it
 * ends, and finds nothing more.
 */
const MAX_REHEARSED_WORK = 2_000_000;
const MAX_REHEARSED_SEGMENTS = 150_000;
/** What saving or forgetting one variable costs, in that unit. */
const VARIABLE_WORK = 20;

/** Settings whose values do not decide whether an expression has a value, or a value a text. */
const HARMLESS_SETTINGS: ReadonlySet<string> = new Set([
  "locale",
  "time_zone",
  "timeZone",
  "number_format",
  "numberFormat",
]);

/** Why a template fails in every message that comes to a place. */
export interface RehearsalFault {
  /** The expression or segment that fails. */
  readonly of: object;
  readonly message: string;
}

/** Thrown at a fault. */
class Found extends Error {
  /**
   * @param isCertain whether every message comes to the place
   * @param isLimit whether it is a limit, which no `[#attempt]` recovers from
   */
  constructor(
    readonly fault: RehearsalFault,
    readonly isCertain: boolean,
    readonly isLimit = false,
  ) {
    super(fault.message);
  }
}

/** Thrown where the rehearsal ends without a finding. */
class GivenUp extends Error {}

/** Why a part ended early: a signal, or `maybe` where that depends on the message's values. */
type Ended = Signal | "maybe";

/** What a part of the template is rehearsed with. */
interface Place extends TryScope {
  /** Whether every message comes to this place. */
  readonly isCertain: boolean;
  readonly locals: KnownVariables | undefined;
  /** Rehearses the content of the macro's call, for `[#nested]`. */
  readonly content?: ((values: readonly unknown[], place: Place) => void) | undefined;
}

/** The state of one rehearsal. */
interface Rehearsal {
  /** The names that the template's assignments use anywhere. */
  readonly assigned: ReadonlySet<string>;
  readonly running: Macro[];
  segments: number;
  iterations: number;
  characters: number;
}

function fail(of: object, message: string, { isCertain }: Place): never {
  throw new Found({ of, message }, isCertain);
}

function exceed(of: object, message: string, { isCertain }: Place): never {
  throw new Found({ of, message }, isCertain, true);
}

/** The value of an expression that every message needs which comes here. */
function need(
  expression: Expression,
  place: Place,
  rehearsal: Rehearsal,
  needed: Needed = "value",
): unknown {
  const value = tryValue(expression, place, false, needed);
  if (value instanceof Unknown && hasCall(expression)) {
    forgetAll(rehearsal.assigned, place);
  }
  return value instanceof Failed ? fail(expression, value.message, place) : value;
}

/** What can be set back after a part that only some messages come to. */
function snapshot({ env, locals }: Place, rehearsal: Rehearsal): () => void {
  const stores = [env.variables, env.globals, ...(locals === undefined ? [] : [locals])];
  const saved = stores.map((store) => [...store]);
  spend(env, saved.reduce((sum, { length }) => sum + length, 1) * VARIABLE_WORK);
  const settings: Settings = env.settings;
  const { depth } = env;
  const { iterations, characters } = rehearsal;
  return () => {
    stores.forEach((store, index) => {
      store.clear();
      for (const [name, value] of saved[index] ?? []) store.set(name, value);
    });
    env.settings = settings;
    env.depth = depth;
    Object.assign(rehearsal, { iterations, characters });
  };
}

function forgetAll(names: ReadonlySet<string>, { env, locals }: Place): void {
  spend(env, names.size * VARIABLE_WORK);
  for (const name of names) {
    env.variables.set(name, new Unknown(false));
    env.globals.set(name, new Unknown(false));
    locals?.set(name, new Unknown(false));
  }
}

/** Forgets the values of the variables that these segments may set. */
function forget(segments: readonly Segment[], place: Place, rehearsal: Rehearsal): void {
  const { names, hasCalls } = changesOf(segments);
  forgetAll(hasCalls ? rehearsal.assigned : names, place);
}

/** Rehearses a part that only some messages come to. @returns whether it may have ended what is around it */
function some(
  segments: readonly Segment[],
  place: Place,
  rehearsal: Rehearsal,
): Ended {
  const restore = snapshot(place, rehearsal);
  const ended = all(segments, { ...place, isCertain: false }, rehearsal);
  restore();
  return ended === undefined ? undefined : "maybe";
}

/** Rehearses parts of which a message comes to at most one, by its values. */
function someOf(
  parts: readonly (readonly Segment[])[],
  place: Place,
  rehearsal: Rehearsal,
): Ended {
  let ended: Ended;
  for (const part of parts) ended = some(part, place, rehearsal) ?? ended;
  for (const part of parts) forget(part, place, rehearsal);
  return ended;
}

function output(segment: Output, place: Place, rehearsal: Rehearsal): void {
  const value = need(segment.expression, place, rehearsal, "output");
  if (value instanceof Unknown) return;
  const text = value instanceof PiecedText ? value.text : outputText(segment, value, place);
  if (text === undefined) fail(segment.expression, "This has no text", place);
  count(text.length, segment.expression, place, rehearsal);
}

function count(characters: number, of: object, place: Place, rehearsal: Rehearsal): void {
  rehearsal.characters += characters;
  if (rehearsal.characters <= MAX_FILLED_CHARACTERS) return;
  exceed(of, `The text has more than ${MAX_FILLED_CHARACTERS} characters in every message`, place);
}

function branch({ arms, otherwise }: Branch, place: Place, rehearsal: Rehearsal): Ended {
  for (const [index, { condition, then }] of arms.entries()) {
    const holds = tryCondition(condition, place);
    if (holds instanceof Failed) fail(condition, holds.message, place);
    if (holds === true) return all(then, place, rehearsal);
    if (holds === false) continue;
    const rest = arms.slice(index + 1);
    const isCertain = false;
    for (const arm of rest) {
      const other = tryCondition(arm.condition, place);
      if (other instanceof Failed) fail(arm.condition, other.message, { ...place, isCertain });
    }
    const parts = [arms[index], ...rest].flatMap((arm) => arm === undefined ? [] : [arm.then]);
    return someOf([...parts, otherwise], place, rehearsal);
  }
  return all(otherwise, place, rehearsal);
}

function unknownItems(
  { item, value, body }: Pick<Items, "item" | "value" | "body">,
  isJson: boolean,
  place: Place,
  rehearsal: Rehearsal,
): void {
  const items = new Map<string, Item>(place.items).set(item, unknownItem(item, isJson));
  if (value !== undefined) items.set(value, unknownItem(value, isJson));
  some(body, { ...place, items, listing: undefined }, rehearsal);
}

function repeat(
  { item, value, body }: Pick<Items, "item" | "value" | "body">,
  { entries, count, path, valueOf }: Listing,
  of: object,
  place: Place,
  rehearsal: Rehearsal,
): Ended {
  let index = 0;
  for (const entry of entries) {
    if (++rehearsal.iterations > MAX_ITERATIONS) {
      exceed(of, `Lists are repeated ${MAX_ITERATIONS} times at most`, place);
    }
    const items = new Map<string, Item>(place.items).set(item, {
      value: entry,
      index,
      count,
      path,
    });
    if (value !== undefined) items.set(value, { value: valueOf?.(entry), index, count, path });
    const ended = all(body, { ...place, items, listing: undefined }, rehearsal);
    if (ended === "break") return undefined;
    if (ended === "return") return ended;
    if (ended === "maybe") {
      forget(body, place, rehearsal);
      return changesOf(body).returns ? ended : undefined;
    }
    index++;
  }
  return undefined;
}

function loop(segment: Loop, place: Place, rehearsal: Rehearsal): Ended {
  const { list, item, value: valueName, body, otherwise } = segment;
  const value = need(list, place, rehearsal, "list");
  if (value instanceof Unknown) {
    forget(body, place, rehearsal);
    if (item === undefined) some(body, { ...place, listing: undefined }, rehearsal);
    else unknownItems({ item, value: valueName, body }, value.isJson, place, rehearsal);
    const ended = someOf([otherwise], place, rehearsal);
    return changesOf(body).returns ? "maybe" : ended;
  }
  const listing = listingOf(segment, value, "");
  if (listing === undefined) {
    fail(list, "This is no list, whatever the message's values are", place);
  }
  if (listing.count === 0) return all(otherwise, place, rehearsal);
  if (item !== undefined) {
    return repeat({ item, value: valueName, body }, listing, list, place, rehearsal);
  }
  const ended = all(body, { ...place, listing }, rehearsal);
  return ended === "return" || ended === "maybe" ? ended : undefined;
}

function itemsOf(segment: Items, place: Place, rehearsal: Rehearsal): Ended {
  const { listing } = place;
  if (listing !== undefined) return repeat(segment, listing, segment, place, rehearsal);
  forget(segment.body, place, rehearsal);
  unknownItems(segment, false, place, rehearsal);
  return changesOf(segment.body).returns ? "maybe" : undefined;
}

function storeOf(scope: Assign["scope"], { env, locals }: Place): Map<string, unknown> {
  if (scope === "local" && locals !== undefined) return locals;
  return scope === "global" ? env.globals : env.variables;
}

/** What a store has for a name, an `Unknown` too. */
function rawValue(store: Map<string, unknown>, name: string): unknown {
  return Map.prototype.get.call(store, name);
}

function assign(
  { scope, name, by, value }: Assign,
  place: Place,
  rehearsal: Rehearsal,
): void {
  const given = need(value, place, rehearsal);
  const store = storeOf(scope, place);
  if (by === undefined) {
    store.set(name, given);
    return;
  }
  const old = rawValue(store, name);
  if (old === undefined) {
    fail(value, `${name.slice(0, 40)} has no value to change: assign one first`, place);
  }
  if (old instanceof Unknown || given instanceof Unknown) {
    const first: Expression = { kind: "variable", name };
    const sum: Expression = { kind: "arithmetic", first, rest: [{ by, of: value }] };
    const made = tryValue(sum, place, false);
    if (made instanceof Failed) fail(value, made.message, place);
    store.set(name, made instanceof Unknown ? made : new Unknown(false));
    return;
  }
  store.set(name, operate(old, by, given, place.env) ?? fail(value, NO_VALUE, place));
}

function capture({ scope, name, body, isEscaped }: Capture, place: Place, rehearsal: Rehearsal) {
  const ended = all(body, place, rehearsal);
  const isKnown = !isEscaped && !place.env.escapes &&
    body.every((part) => typeof part === "string");
  storeOf(scope, place).set(name, isKnown ? body.join("") : new Unknown(false));
  return ended;
}

/** Binds the values of a call to the macro's parameters. */
function bind(
  call: MacroCall,
  { definition }: Macro,
  place: Place,
  rehearsal: Rehearsal,
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
      value = need(other, inner, rehearsal);
    }
    locals.set(name, value);
  }
  if (definition.rest !== undefined) locals.set(definition.rest, new Unknown(false));
  return locals;
}

function callMacro(call: MacroCall, place: Place, rehearsal: Rehearsal): Ended {
  const macro = need(call.of, place, rehearsal);
  if (macro instanceof Unknown) {
    forget([call], place, rehearsal);
    return undefined;
  }
  if (!(macro instanceof Macro) || macro.isFunction) {
    fail(call.of, "This is no macro", place);
  }
  if (!place.isCertain && rehearsal.running.includes(macro)) {
    forget([call], place, rehearsal);
    return undefined;
  }
  const locals = bind(call, macro, place, rehearsal);
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
    all(call.body, { ...place, items, isCertain }, rehearsal);
  };
  const { env, isCertain } = place;
  rehearsal.running.push(macro);
  try {
    const { tryCall } = place;
    const inner: Place = { env, items: new Map(), locals, content, isCertain, tryCall };
    all(macro.definition.body, inner, rehearsal);
  } catch (reason) {
    if (!(reason instanceof TemplateStopped) || reason.limit !== "depth") throw reason;
    exceed(call.of, "Macros and parts nest too deep here in every message", place);
  } finally {
    rehearsal.running.pop();
  }
  return undefined;
}

/** Rehearses a function that gets values of which some are not known. @returns why it always fails */
function tryFunction(
  callable: unknown,
  values: readonly unknown[],
  { env, tryCall }: Place,
  rehearsal: Rehearsal,
): Failed | undefined {
  if (!(callable instanceof Macro) || rehearsal.running.includes(callable)) return undefined;
  const { body, parameters, rest } = callable.definition;
  const locals = new KnownVariables();
  for (const [index, { name }] of parameters.entries()) {
    const value = values[index];
    locals.set(name, value instanceof Failed ? new Unknown(false) : value ?? new Unknown(false));
  }
  if (rest !== undefined) locals.set(rest, new Unknown(false));
  const place: Place = { env, items: new Map(), locals, isCertain: false, tryCall };
  rehearsal.running.push(callable);
  try {
    some(body, place, rehearsal);
  } catch (reason) {
    if (!(reason instanceof Found)) throw reason;
    return new Failed(reason.fault.message);
  } finally {
    rehearsal.running.pop();
  }
  return undefined;
}

/** Finds a case whose value is never of the kind of the switch. */
function checkCases(of: Expression, cases: Switch["cases"], place: Place): void {
  let here = place;
  for (const { value } of cases) {
    if (value === undefined) continue;
    const made = tryValue({ kind: "compare", by: "==", left: of, right: value }, here, false);
    if (made instanceof Failed) fail(value, made.message, here);
    here = { ...here, isCertain: false };
  }
}

function choose({ of, cases }: Switch, place: Place, rehearsal: Rehearsal): Ended {
  const value = need(of, place, rehearsal);
  let first: number | undefined;
  for (const [index, { value: wanted }] of cases.entries()) {
    if (wanted === undefined) continue;
    const compared = value instanceof Unknown ? value : need(wanted, place, rehearsal);
    if (compared instanceof Unknown) {
      checkCases(of, cases.slice(index), place);
      const ended = someOf(cases.map(({ body }) => body), place, rehearsal);
      return cases.some(({ body }) => changesOf(body).returns) ? ended : undefined;
    }
    const same = isSame(value, compared);
    if (same === undefined) fail(wanted, "The value of the switch is of another kind", place);
    if (same) {
      first = index;
      break;
    }
  }
  const run = first === undefined
    ? cases.filter((one) => one.value === undefined)
    : cases.slice(first);
  for (const [index, { body }] of run.entries()) {
    const ended = all(body, place, rehearsal);
    if (ended === "maybe") {
      for (const rest of run.slice(index + 1)) someOf([rest.body], place, rehearsal);
      return run.some((one) => changesOf(one.body).returns) ? ended : undefined;
    }
    if (ended !== undefined) return ended === "return" ? ended : undefined;
  }
  return undefined;
}

function attempt({ body, recover }: Attempt, place: Place, rehearsal: Rehearsal): Ended {
  const { env, locals } = place;
  const restore = snapshot(place, rehearsal);
  let hasFailed = false;
  let ended: Ended;
  try {
    ended = all(body, place, rehearsal);
    if (ended !== undefined) ended = "maybe";
  } catch (reason) {
    if (!(reason instanceof Found) || reason.isLimit) throw reason;
    hasFailed = reason.isCertain === place.isCertain;
  }
  restore();
  forget(body, place, rehearsal);
  const store = locals ?? env.variables;
  store.set(".error", new Unknown(false));
  if (hasFailed) ended = all(recover, place, rehearsal);
  else ended = someOf([recover], place, rehearsal) ?? ended;
  store.delete(".error");
  return ended;
}

function change({ name, value }: SettingChange, place: Place, rehearsal: Rehearsal): void {
  const { env } = place;
  const given = need(value, place, rehearsal);
  if (given instanceof Unknown) {
    if (!HARMLESS_SETTINGS.has(name)) throw new GivenUp();
    return;
  }
  const text = typeof given === "boolean" ? String(given) : env.textOf(given);
  const settings = text === undefined ? undefined : changeSetting(env.settings, name, text);
  if (settings === undefined) fail(value, "The setting has no such value", place);
  if (!place.isCertain && !HARMLESS_SETTINGS.has(name)) throw new GivenUp();
  env.settings = settings;
}

function one(
  segment: Exclude<Segment, string>,
  place: Place,
  rehearsal: Rehearsal,
): Ended {
  switch (segment.kind) {
    case "placeholder":
      return undefined;
    case "output":
      output(segment, place, rehearsal);
      return undefined;
    case "branch":
      return branch(segment, place, rehearsal);
    case "loop":
      return loop(segment, place, rehearsal);
    case "items":
      return itemsOf(segment, place, rehearsal);
    case "assign":
      assign(segment, place, rehearsal);
      return undefined;
    case "capture":
      return capture(segment, place, rehearsal);
    case "definition":
      place.env.variables.set(segment.name, new Macro(segment));
      return undefined;
    case "call":
      return callMacro(segment, place, rehearsal);
    case "switch":
      return choose(segment, place, rehearsal);
    case "attempt":
      return attempt(segment, place, rehearsal);
    case "setting":
      change(segment, place, rehearsal);
      return undefined;
    case "compress":
      return all(segment.body, place, rehearsal);
    case "break":
    case "continue":
      return segment.kind;
    case "return":
      if (segment.value !== undefined) need(segment.value, place, rehearsal);
      return "return";
    case "nested": {
      const values = segment.values.map((value) => need(value, place, rehearsal));
      place.content?.(values, place);
      return undefined;
    }
    case "stop":
      // A stop that depends on values is the author's way to send nothing.
      if (place.isCertain) fail(segment, "This stops every message", place);
      return "maybe";
  }
}

/** Rehearses segments in order. */
function all(segments: readonly Segment[], place: Place, rehearsal: Rehearsal): Ended {
  const { env } = place;
  enter(env);
  let ended: Ended;
  let here = place;
  for (const segment of segments) {
    if (++rehearsal.segments > MAX_REHEARSED_SEGMENTS) throw new GivenUp();
    spend(env, NODE_WORK);
    if (typeof segment === "string") {
      count(segment.length, segments, here, rehearsal);
      continue;
    }
    if (ended === "maybe") forget([segment], here, rehearsal);
    const now = one(segment, here, rehearsal);
    if (ended === "maybe") {
      forget([segment], here, rehearsal);
      continue;
    }
    ended = now;
    if (ended === "maybe") here = { ...here, isCertain: false };
    else if (ended !== undefined) break;
  }
  leave(env);
  return ended;
}

/**
 * Rehearses a template. It stops without a finding where that takes too long.
 *
 * @param assigned the names of all variables that the template assigns
 * @param escapes whether the caller escapes values, as for HTML
 * @returns the first fault that every message has which comes to its place; `undefined` without one
 */
export function rehearse(
  segments: readonly Segment[],
  assigned: ReadonlySet<string>,
  escapes: boolean,
): RehearsalFault | undefined {
  const silent: Walk = {
    emit: () => undefined,
    used: { characters: 0, iterations: 0 },
    writeAll,
  };
  const env = newEnvironment(
    new MessageValues(),
    escapes,
    () => undefined,
    (callable, parameters, inside) => {
      if (!(callable instanceof Macro) || !callable.isFunction) return undefined;
      return run(callable, { positional: parameters, named: new Map() }, inside, silent).value;
    },
    () => new KnownVariables(),
  );
  // What is left is what a rehearsal may use.
  env.work = MAX_WORK - MAX_REHEARSED_WORK;
  defineAll(segments, env);
  const rehearsal: Rehearsal = {
    assigned,
    running: [],
    segments: 0,
    iterations: 0,
    characters: 0,
  };
  try {
    const place: Place = {
      env,
      items: new Map(),
      locals: undefined,
      isCertain: true,
      tryCall: (callable, values) => tryFunction(callable, values, place, rehearsal),
    };
    all(segments, place, rehearsal);
  } catch (reason) {
    if (reason instanceof Found) return reason.fault;
    // A text of too many characters, for one.
    if (!(reason instanceof GivenUp || reason instanceof TemplateStopped)) throw reason;
  }
  return undefined;
}
