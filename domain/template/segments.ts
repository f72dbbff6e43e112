import type { Expression } from "./freemarker/expression.ts";

/** A placeholder `((name))` or `((name??text))`. */
export interface Placeholder {
  readonly kind: "placeholder";
  readonly name: string;
  /** The name in lower case, without spaces, `_` and `-`: placeholders with equal keys get the same value. */
  readonly key: string;
  /** The text of `((name??text))` that the value shows or hides; `undefined` for `((name))`. */
  readonly conditionalText: string | undefined;
}

/**
 * A `${…}` of a FreeMarker template, or a `{name}` of a Diia template: the value of an expression is inserted there.
 */
export interface Output {
  readonly kind: "output";
  readonly expression: Expression;
  /** The source text; shown where the expression has no value. */
  readonly written: string;
}

/**
 * An `[#if]` of a FreeMarker template: the first arm whose condition is true is shown, otherwise `otherwise`. `written`
 * is the source of an arm's tag.
 */
export interface Branch {
  readonly kind: "branch";
  readonly arms: readonly {
    readonly condition: Expression;
    readonly written: string;
    readonly then: readonly Segment[];
  }[];
  readonly otherwise: readonly Segment[];
}

/** A `[#list names as name]` of a FreeMarker template: `body` is repeated for each item of a list. */
export interface Loop {
  readonly kind: "loop";
  readonly list: Expression;
  /** The source of its tag. */
  readonly written: string;
  /** The name under which `body` reads the current item. */
  readonly item: string;
  readonly body: readonly Segment[];
  /** Shown instead where the list is empty. */
  readonly otherwise: readonly Segment[];
}

/** A node of a template's tree, in any syntax. A string is the author's text. */
export type Segment = string | Placeholder | Output | Branch | Loop;
