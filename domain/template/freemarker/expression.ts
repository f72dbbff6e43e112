import type { BuiltIn } from "./built_ins.ts";
import type { Numeric, Operator } from "./decimal.ts";

/** A comparison operator. */
export type Comparison = "==" | "!=" | "lt" | "lte" | "gt" | "gte";

/** How a range is written: `1..3` includes its last number, `1..<3` excludes it, and `1..*3` has a count of numbers. */
export type RangeEnd = ".." | "..<" | "..*";

/** An expression of `${…}` or `[#if …]`. Expressions read values and have no side effects. */
export type Expression =
  | {
    readonly kind: "literal";
    readonly value: string | boolean | Numeric;
    /** Whether a text has HTML in it that its author wrote. */
    readonly isMarkup?: boolean;
  }
  /** A text in quotes with `${…}` in it. */
  | { readonly kind: "text"; readonly parts: readonly Expression[] }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "hash"; readonly entries: readonly (readonly [Expression, Expression])[] }
  | {
    readonly kind: "range";
    readonly from: Expression;
    /** `undefined` for a range without an end. */
    readonly to: Expression | undefined;
    readonly by: RangeEnd;
  }
  | { readonly kind: "variable"; readonly name: string }
  /** A special variable, written with a dot, such as `.error` or `.locale`. */
  | { readonly kind: "special"; readonly name: Special }
  | { readonly kind: "field"; readonly of: Expression; readonly name: string }
  | { readonly kind: "item"; readonly of: Expression; readonly index: number }
  /** `of[key]`, where the key is computed: a number, a name or a range. */
  | { readonly kind: "key"; readonly of: Expression; readonly key: Expression }
  /** `value!` and `value!other`; without `other` the default is the empty string, or the empty list where a list is expected. */
  | { readonly kind: "default"; readonly of: Expression; readonly other: Expression | undefined }
  | { readonly kind: "exists"; readonly of: Expression }
  | {
    readonly kind: "built-in";
    readonly of: Expression;
    readonly name: BuiltIn;
    readonly parameters: readonly Expression[];
  }
  /** `x -> …`, a function of one item as a parameter of `?filter`, `?map` and the like. */
  | { readonly kind: "lambda"; readonly name: string; readonly body: Expression }
  /** `of` within an `[#escape name as by]`: the value of `by`, in which `name` stands for `of`. */
  | {
    readonly kind: "escaped";
    readonly of: Expression;
    readonly name: string;
    readonly by: Expression;
  }
  /** The position of a loop's current item: `item?index`. `of` is the built-in, `item` the loop's name for the item. */
  | {
    readonly kind: "position";
    readonly item: string;
    readonly of: Position;
    readonly parameters: readonly Expression[];
  }
  /** A call of a function that the template defines. */
  | { readonly kind: "call"; readonly of: Expression; readonly parameters: readonly Expression[] }
  | { readonly kind: "not"; readonly of: Expression }
  | { readonly kind: "sign"; readonly of: Expression; readonly isMinus: boolean }
  | { readonly kind: "and" | "or"; readonly operands: readonly Expression[] }
  | {
    readonly kind: "compare";
    readonly by: Comparison;
    readonly left: Expression;
    readonly right: Expression;
  }
  /** `first + a - b`: from left to right. */
  | {
    readonly kind: "arithmetic";
    readonly first: Expression;
    readonly rest: readonly { readonly by: Operator; readonly of: Expression }[];
  };

/** The built-ins that return an item's position: `item?index`. */
export const POSITIONS = [
  "index",
  "counter",
  "has_next",
  "is_first",
  "is_last",
  "is_even_item",
  "is_odd_item",
  "item_parity",
  "item_parity_cap",
  "item_cycle",
] as const;

/** The name of a position built-in. */
export type Position = typeof POSITIONS[number];

/**
 * The special variables that a template may read, such as `.locale`. Those that read files, the data as a whole or the
 * clock are refused.
 */
export const SPECIALS = [
  "error",
  "locale",
  "lang",
  "version",
  "output_format",
  "auto_esc",
] as const;

/** The name of a special variable, without its dot. */
export type Special = typeof SPECIALS[number];

/** Returns the direct subexpressions in source order. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
    case "variable":
    case "special":
      return [];
    case "text":
      return expression.parts;
    case "list":
      return expression.items;
    case "hash":
      return expression.entries.flat();
    case "range":
      return expression.to === undefined ? [expression.from] : [expression.from, expression.to];
    case "field":
    case "item":
    case "exists":
    case "not":
    case "sign":
      return [expression.of];
    case "key":
      return [expression.of, expression.key];
    case "default":
      return expression.other === undefined ? [expression.of] : [expression.of, expression.other];
    case "built-in":
    case "call":
      return [expression.of, ...expression.parameters];
    case "position":
      return expression.parameters;
    case "lambda":
      return [expression.body];
    case "escaped":
      return [expression.of, expression.by];
    case "and":
    case "or":
      return expression.operands;
    case "compare":
      return [expression.left, expression.right];
    case "arithmetic":
      return [expression.first, ...expression.rest.map(({ of }) => of)];
  }
}
