/** Fills a template's tree with values. The parser bounds its depth; the limits bound the rest. */
import { escapeAttribute } from "../html_text.ts";
import type { Branch, Items, Loop, MarkupFormat, Output, Segment } from "../segments.ts";
import { defineAll, Macro, run } from "./callable.ts";
import { isNumeric } from "./decimal.ts";
import { writeDirective } from "./directives.ts";
import { escapeRtf, escapeXml } from "./escape_built_ins.ts";
import { evaluate, evaluateCondition } from "./evaluate.ts";
import { MAX_ITERATIONS, NODE_WORK, TemplateStopped } from "./limits.ts";
import { itemsOf } from "./list_built_ins.ts";
import { formatDigits } from "./number_format.ts";
import { pathOf } from "./path.ts";
import {
  type Emit,
  enter,
  type Item,
  leave,
  type Listing,
  missOnce,
  newEnvironment,
  type Scope,
  type Signal,
  spend,
  type Walk,
  write,
} from "./scope.ts";
import { isFields, OpenRange, PiecedText, scalarText } from "./values.ts";

export type { Emit } from "./scope.ts";

const ESCAPES: Readonly<Record<MarkupFormat, (text: string) => string>> = {
  HTML: escapeAttribute,
  XHTML: escapeAttribute,
  XML: escapeXml,
  RTF: escapeRtf,
};

/** The text of an output's value; `undefined` where it has none. */
export function outputText(output: Output, value: unknown, { env }: Scope): string | undefined {
  if (output.isJson === true) return scalarText(value);
  if (output.digits !== undefined) {
    const { least, most } = output.digits;
    return isNumeric(value) ? formatDigits(value, least, most, env.settings.locale) : undefined;
  }
  if (typeof value === "boolean") {
    if (env.settings.booleans !== undefined) return env.settings.booleans[value ? 0 : 1];
    // FreeMarker fails here. A stored template sends it: that a value is a boolean cannot be known when it is published.
    return output.writesBooleans === true ? String(value) : undefined;
  }
  return env.textOf(value);
}

function writePieces({ pieces, isEscaped }: PiecedText, output: Output, walk: Walk): void {
  for (const { text, isValue } of pieces) {
    if (isEscaped || output.escapedFor === undefined) write(walk, text, isValue);
    else write(walk, text, true);
  }
}

function writeOutput(output: Output, scope: Scope, walk: Walk): void {
  const { env } = scope;
  const before = env.missed;
  const value = evaluate(output.expression, scope, false);
  const isPieced = value instanceof PiecedText;
  if (isPieced && (env.escapes || value.isEscaped || output.escapedFor === undefined)) {
    return writePieces(value, output, walk);
  }
  const text = value === undefined ? undefined : outputText(output, value, scope);
  if (text === undefined) {
    // A value that has no text, such as a list, counts as missing.
    missOnce(scope, before, pathOf(output.expression, scope) ?? output.written);
    return write(walk, output.written, true);
  }
  const escape = output.escapedFor === undefined || env.escapes
    ? undefined
    : ESCAPES[output.escapedFor];
  write(walk, escape === undefined ? text : escape(text), true);
}

function writeBranch({ arms, otherwise }: Branch, scope: Scope, walk: Walk): Signal {
  for (const { condition, written, then } of arms) {
    const before = scope.env.missed;
    const holds = evaluateCondition(condition, scope);
    // Without the condition's value, no arm can be selected.
    if (holds === undefined) {
      missOnce(scope, before, written);
      return undefined;
    }
    if (holds) return writeAll(then, scope, walk);
  }
  return writeAll(otherwise, scope, walk);
}

function* endless(from: number): Iterable<unknown> {
  for (let number = from;; number++) yield number;
}

/**
 * What a loop goes through; `undefined` where the value is no list, or no object where one is needed.
 *
 * @param path the path of the value in the personalisation, by which missing items are reported
 */
export function listingOf(loop: Loop, value: unknown, path: string): Listing | undefined {
  if (loop.value !== undefined) {
    if (!isFields(value)) return undefined;
    const keys = Object.keys(value);
    return { path, count: keys.length, entries: keys, valueOf: (key) => value[String(key)] };
  }
  if (value instanceof OpenRange) {
    return { path, count: Infinity, entries: endless(value.from), valueOf: undefined };
  }
  const items = itemsOf(value);
  return items && { path, count: items.length, entries: items, valueOf: undefined };
}

/** Repeats a body for each entry. */
function repeat(
  { item, value, body }: { item: string; value: string | undefined; body: readonly Segment[] },
  { entries, count, path, valueOf }: Listing,
  scope: Scope,
  walk: Walk,
): Signal {
  let index = 0;
  for (const entry of entries) {
    if (++walk.used.iterations > MAX_ITERATIONS) throw new TemplateStopped("iterations");
    const at = valueOf === undefined ? `${path}[${index}]` : `${path}.${entry}`;
    const items = new Map<string, Item>(scope.items).set(item, {
      value: entry,
      index,
      count,
      path: at,
    });
    if (value !== undefined) items.set(value, { value: valueOf?.(entry), index, count, path: at });
    const signal = writeAll(body, { ...scope, items, listing: undefined }, walk);
    if (signal === "break") return undefined;
    if (signal === "return") return signal;
    index++;
  }
  return undefined;
}

function writeLoop(loop: Loop, scope: Scope, walk: Walk): Signal {
  const before = scope.env.missed;
  const value = evaluate(loop.list, scope, false);
  const path = pathOf(loop.list, scope) ?? loop.item ?? loop.written;
  const listing = value === undefined ? undefined : listingOf(loop, value, path);
  if (listing === undefined) {
    missOnce(scope, before, value === undefined ? loop.written : path);
    return undefined;
  }
  if (listing.count === 0) return writeAll(loop.otherwise, scope, walk);
  const { item, value: valueName, body } = loop;
  if (item !== undefined) return repeat({ item, value: valueName, body }, listing, scope, walk);
  const signal = writeAll(body, { ...scope, listing }, walk);
  return signal === "return" ? signal : undefined;
}

function writeItems({ item, value, body }: Items, scope: Scope, walk: Walk): Signal {
  const { listing } = scope;
  return listing === undefined ? undefined : repeat({ item, value, body }, listing, scope, walk);
}

function writeSegment(segment: Exclude<Segment, string>, scope: Scope, walk: Walk): Signal {
  switch (segment.kind) {
    case "placeholder":
      return undefined;
    case "output":
      writeOutput(segment, scope, walk);
      return undefined;
    case "branch":
      return writeBranch(segment, scope, walk);
    case "loop":
      return writeLoop(segment, scope, walk);
    case "items":
      return writeItems(segment, scope, walk);
    default:
      return writeDirective(segment, scope, walk);
  }
}

/** Fills segments in order. @returns the signal that stopped them, if any @throws {TemplateStopped} over a limit */
export function writeAll(segments: readonly Segment[], scope: Scope, walk: Walk): Signal {
  const { env } = scope;
  enter(env);
  let signal: Signal;
  for (const segment of segments) {
    spend(env, NODE_WORK);
    if (typeof segment === "string") write(walk, segment, false);
    else signal = writeSegment(segment, scope, walk);
    if (signal !== undefined) break;
  }
  leave(env);
  return signal;
}

/**
 * Fills a parsed FreeMarker or Diia template, and passes its text to `emit` in order. A `${…}` without a value keeps
 * its written form; an `[#if]` or `[#list]` whose condition or list has no value is left out.
 *
 * @param escapes whether the caller escapes the values: `?html` then leaves them as they are. Nothing else here escapes,
 * but for templates that name an output format themselves
 * @param onMissing called for each value that a shown part requires and that is absent, null or of the wrong type
 * @throws {TemplateStopped} where a limit is exceeded
 */
export function expand(
  segments: readonly Segment[],
  values: ReadonlyMap<string, unknown>,
  escapes: boolean,
  emit: Emit,
  onMissing: (path: string) => void = () => undefined,
): void {
  const walk: Walk = { emit, used: { characters: 0, iterations: 0 }, writeAll };
  const silent: Walk = { ...walk, emit: () => undefined };
  const env = newEnvironment(values, escapes, onMissing, (callable, parameters, inside) => {
    if (!(callable instanceof Macro) || !callable.isFunction) return undefined;
    return run(callable, { positional: parameters, named: new Map() }, inside, silent).value;
  });
  defineAll(segments, env);
  writeAll(segments, { env, items: new Map(), locals: undefined }, walk);
}
