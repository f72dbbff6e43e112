/** What segments of a template may change when they run. */
import type { Segment } from "../segments.ts";
import { contentOf } from "./content.ts";
import { type Expression, partsOf } from "./expression.ts";

/** What running segments may do besides writing. */
export interface Changes {
  /** The variables that they may set. */
  readonly names: ReadonlySet<string>;
  /** Whether they call a macro or function, which may set any variable of the template. */
  readonly hasCalls: boolean;
  /** Whether a `[#return]` may end the macro that they are in. */
  readonly returns: boolean;
}

const KNOWN = new WeakMap<readonly Segment[], Changes>();

/** Whether evaluating an expression calls a function of the template. */
export function hasCall(expression: Expression): boolean {
  return expression.kind === "call" || partsOf(expression).some(hasCall);
}

/** Returns what running these segments may change, in any of their branches. */
export function changesOf(segments: readonly Segment[]): Changes {
  const known = KNOWN.get(segments);
  if (known !== undefined) return known;
  const names = new Set<string>();
  let hasCalls = false;
  let returns = false;
  for (const segment of segments) {
    if (typeof segment === "string" || segment.kind === "placeholder") continue;
    if (segment.kind === "assign" || segment.kind === "capture" || segment.kind === "definition") {
      names.add(segment.name);
    }
    returns ||= segment.kind === "return";
    hasCalls ||= segment.kind === "call" || segment.kind === "nested";
    const { expressions, parts } = contentOf(segment);
    hasCalls ||= expressions.some(hasCall);
    if (segment.kind === "definition") continue;
    for (const part of parts) {
      const inner = changesOf(part.segments);
      for (const name of inner.names) names.add(name);
      hasCalls ||= inner.hasCalls;
      returns ||= inner.returns;
    }
  }
  const changes = { names, hasCalls, returns };
  KNOWN.set(segments, changes);
  return changes;
}
