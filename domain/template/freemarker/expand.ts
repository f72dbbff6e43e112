/** Expands a template's tree with values. The parser bounds the depth; the limits bound the rest. */
import type { Branch, Loop, Output, Segment } from "../segments.ts";
import { scalarText } from "./built_ins.ts";
import {
  evaluate,
  evaluateCondition,
  isEmptyDefault,
  type Item,
  pathOf,
  type Scope,
  spend,
} from "./evaluate.ts";
import { MAX_FILLED_CHARACTERS, MAX_ITERATIONS, NODE_WORK, TemplateStopped } from "./limits.ts";

/**
 * Receives one piece of the filled text: what stands in place of a `${…}` or `((…))` (`isValue`), or the author's own
 * text, which conditional text is too. For a missing value it is the placeholder as written, with `isValue`. When a
 * limit ends the filling, pieces may have come before.
 */
export type Emit = (text: string, isValue: boolean) => void;

interface Walk {
  readonly emit: Emit;
  readonly used: { characters: number; iterations: number };
}

function write(walk: Walk, text: string, isValue: boolean): void {
  walk.used.characters += text.length;
  if (walk.used.characters > MAX_FILLED_CHARACTERS) throw new TemplateStopped("characters");
  walk.emit(text, isValue);
}

function writeOutput({ expression, written }: Output, scope: Scope, walk: Walk): void {
  const value = evaluate(expression, scope, false);
  const text = scalarText(value);
  // A value that has no text, such as a list, counts as missing.
  if (value !== undefined && text === undefined) {
    scope.onMissing(pathOf(expression, scope) ?? written);
  }
  write(walk, text ?? written, true);
}

function writeBranch({ arms, otherwise }: Branch, scope: Scope, walk: Walk): void {
  for (const { condition, then } of arms) {
    const holds = evaluateCondition(condition, scope);
    // Without the condition's value, no arm can be selected.
    if (holds === undefined) return;
    if (holds) return writeAll(then, scope, walk);
  }
  writeAll(otherwise, scope, walk);
}

function writeLoop(loop: Loop, scope: Scope, walk: Walk): void {
  const value = evaluate(loop.list, scope, false);
  if (value === undefined) return;
  const list: unknown = isEmptyDefault(loop.list, value) ? [] : value;
  const path = pathOf(loop.list, scope) ?? loop.item;
  if (!Array.isArray(list)) return scope.onMissing(path);
  if (list.length === 0) return writeAll(loop.otherwise, scope, walk);
  list.forEach((entry: unknown, index) => {
    if (++walk.used.iterations > MAX_ITERATIONS) throw new TemplateStopped("iterations");
    const item: Item = { value: entry, index, count: list.length, path: `${path}[${index}]` };
    writeAll(loop.body, { ...scope, items: new Map(scope.items).set(loop.item, item) }, walk);
  });
}

function writeAll(segments: readonly Segment[], scope: Scope, walk: Walk): void {
  for (const segment of segments) {
    spend(scope, NODE_WORK);
    if (typeof segment === "string") write(walk, segment, false);
    else if (segment.kind === "output") writeOutput(segment, scope, walk);
    else if (segment.kind === "branch") writeBranch(segment, scope, walk);
    else if (segment.kind === "loop") writeLoop(segment, scope, walk);
  }
}

/**
 * Fills a parsed FreeMarker or Diia template, and passes its text to `emit` in order. A `${…}` without a value keeps
 * its written form; an `[#if]` or `[#list]` whose condition or list has no value is left out.
 *
 * @param escapes whether the caller escapes the values: `?html` then leaves them as they are. Nothing else here escapes
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
  const spent = { work: 0 };
  writeAll(segments, { values, items: new Map(), escapes, onMissing, spent }, {
    emit,
    used: { characters: 0, iterations: 0 },
  });
}
