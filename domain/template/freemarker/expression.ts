import type { BuiltIn } from "./built_ins.ts";

/** How two values are compared. */
export type Comparison = "==" | "!=" | "lt" | "lte" | "gt" | "gte";

/** What may stand between `${` and `}` and behind `[#if`: it looks at values, and can do nothing else. */
export type Expression =
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "field"; readonly of: Expression; readonly name: string }
  | { readonly kind: "item"; readonly of: Expression; readonly index: number }
  /** `value!` and `value!other`; without `other` what is empty: a text, or a list where one is looked for. */
  | { readonly kind: "default"; readonly of: Expression; readonly other: Expression | undefined }
  | { readonly kind: "exists"; readonly of: Expression }
  | {
    readonly kind: "built-in";
    readonly of: Expression;
    readonly name: BuiltIn;
    readonly parameters: readonly Expression[];
  }
  /** What is known of a list's item where it stands in its loop. */
  | { readonly kind: "position"; readonly item: string; readonly of: Position }
  | { readonly kind: "not"; readonly of: Expression }
  | { readonly kind: "and" | "or"; readonly operands: readonly Expression[] }
  | {
    readonly kind: "compare";
    readonly by: Comparison;
    readonly left: Expression;
    readonly right: Expression;
  };

/** `item?index` and its like. */
export const POSITIONS = ["index", "counter", "has_next", "is_first", "is_last"] as const;

/** Names what is known of an item's place. */
export type Position = typeof POSITIONS[number];

/** The parts of an expression, in the order in which they are written. */
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
