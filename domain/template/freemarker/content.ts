/** Lists the expressions and inner parts of a node of a template's tree, to walk through it. */
import type { Placeholder, Segment } from "../segments.ts";
import type { Expression } from "./expression.ts";

/** A sequence of segments within another, such as the body of a loop, and the names that are defined only in it. */
export interface Part {
  readonly segments: readonly Segment[];
  readonly names: readonly string[];
}

/** The expressions of a segment itself, and the parts in it, each in source order. A condition is a part of its own. */
export interface Content {
  readonly expressions: readonly Expression[];
  readonly parts: readonly Part[];
}

function part(segments: readonly Segment[], ...names: readonly (string | undefined)[]): Part {
  return { segments, names: names.filter((name) => name !== undefined) };
}

/** A condition, as a part of its own, so that names keep the order of the source. */
function condition(expression: Expression, written: string): Part {
  return part([{ kind: "output", expression, written }]);
}

/** Returns the expressions and parts of a segment; not those of the segments in its parts. */
export function contentOf(segment: Exclude<Segment, string | Placeholder>): Content {
  const only = (...expressions: readonly Expression[]): Content => ({ expressions, parts: [] });
  switch (segment.kind) {
    case "output":
      return only(segment.expression);
    case "branch": {
      const arms = segment.arms.flatMap((arm) => [
        condition(arm.condition, arm.written),
        part(arm.then),
      ]);
      return { expressions: [], parts: [...arms, part(segment.otherwise)] };
    }
    case "loop": {
      const body = part(segment.body, segment.item, segment.value);
      return { expressions: [segment.list], parts: [body, part(segment.otherwise)] };
    }
    case "items":
      return { expressions: [], parts: [part(segment.body, segment.item, segment.value)] };
    case "assign":
    case "setting":
      return only(segment.value);
    case "capture":
    case "compress":
      return { expressions: [], parts: [part(segment.body)] };
    case "definition": {
      const names = segment.parameters.map(({ name }) => name);
      const others = segment.parameters.flatMap(({ other }) => other === undefined ? [] : [other]);
      const defaults = others.map((other) => condition(other, ""));
      const inner = defaults.map(({ segments }) => part(segments, ...names));
      return { expressions: [], parts: [...inner, part(segment.body, ...names, segment.rest)] };
    }
    case "call": {
      const values = [...segment.positional, ...segment.named.map(([, value]) => value)];
      return {
        expressions: [segment.of, ...values],
        parts: [part(segment.body, ...segment.names)],
      };
    }
    case "switch": {
      const parts = segment.cases.flatMap(({ value, body }) => [
        ...(value === undefined ? [] : [condition(value, segment.written)]),
        part(body),
      ]);
      return { expressions: [segment.of], parts };
    }
    case "attempt":
      return { expressions: [], parts: [part(segment.body), part(segment.recover)] };
    case "return":
      return only(...(segment.value === undefined ? [] : [segment.value]));
    case "nested":
      return only(...segment.values);
    case "break":
    case "continue":
    case "stop":
      return only();
  }
}
