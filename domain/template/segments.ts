import type { Expression } from "./freemarker/expression.ts";

/** A placeholder of a `((name))` template. */
export interface Placeholder {
  readonly kind: "placeholder";
  readonly name: string;
  /** The normalised name; see `normalisedName`. */
  readonly key: string;
  /** The text of `((name??text))` that the value shows or hides; `undefined` for `((name))`. */
  readonly conditionalText: string | undefined;
}

/** A place where the value of an expression is inserted. */
export interface Output {
  readonly kind: "output";
  readonly expression: Expression;
  /** The source text; shown where the expression has no value. */
  readonly written: string;
}

/** Content that depends on conditions: the first arm whose condition is true is shown. */
export interface Branch {
  readonly kind: "branch";
  readonly arms: readonly {
    readonly condition: Expression;
    readonly written: string;
    readonly then: readonly Segment[];
  }[];
  readonly otherwise: readonly Segment[];
}

/** Content that is repeated for each item of a list. */
export interface Loop {
  readonly kind: "loop";
  readonly list: Expression;
  readonly written: string;
  readonly item: string;
  readonly body: readonly Segment[];
  /** Shown instead where the list is empty. */
  readonly otherwise: readonly Segment[];
}

/** A node of a template's tree, in any syntax. A string is the author's text. */
export type Segment = string | Placeholder | Output | Branch | Loop;
