import type { BuiltIn } from "./built_ins.ts";

/** A comparison operator. */
export type Comparison = "==" | "!=" | "lt" | "lte" | "gt" | "gte";

/** An expression of `${…}` or `[#if …]`. Expressions read values and have no side effects. */
export type Expression =
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "field"; readonly of: Expression; readonly name: string }
  | { readonly kind: "item"; readonly of: Expression; readonly index: number }
  /** `value!` and `value!other`; without `other` the default is the empty string, or the empty list where a list is expected. */
  | { readonly kind: "default"; readonly of: Expression; readonly other: Expression | undefined }
  | { readonly kind: "exists"; readonly of: Expression }
  | {
    readonly kind: "built-in";
    readonly of: Expression;
    readonly name: BuiltIn;
    readonly parameters: readonly Expression[];
  }
  /** The position of a loop's item. */
  | { readonly kind: "position"; readonly item: string; readonly of: Position }
  | { readonly kind: "not"; readonly of: Expression }
  | { readonly kind: "and" | "or"; readonly operands: readonly Expression[] }
  | {
    readonly kind: "compare";
    readonly by: Comparison;
    readonly left: Expression;
    readonly right: Expression;
  };

/** The built-ins that return an item's position: `item?index`. */
export const POSITIONS = ["index", "counter", "has_next", "is_first", "is_last"] as const;

/** The name of a position built-in. */
export type Position = typeof POSITIONS[number];

/** Returns the direct subexpressions in source order. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
    case "variable":
    case "position":
      return [];
    case "list":
      return expression.items;
    case "field":
    case "item":
    case "exists":
    case "not":
      return [expression.of];
    case "default":
      return expression.other === undefined ? [expression.of] : [expression.of, expression.other];
    case "built-in":
      return [expression.of, ...expression.parameters];
    case "and":
    case "or":
      return expression.operands;
    case "compare":
      return [expression.left, expression.right];
  }
}
