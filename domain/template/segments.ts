import type { Expression } from "./freemarker/expression.ts";

/** A place in a `((name))` template where a value goes. */
export interface Placeholder {
  readonly kind: "placeholder";
  readonly name: string;
  /** The name in the form in which it is compared. */
  readonly key: string;
  /** For `((name??text))` the text that the value shows or hides; `undefined` for a plain one. */
  readonly conditionalText: string | undefined;
}

/** A place where what an expression comes to goes. */
export interface Output {
  readonly kind: "output";
  readonly expression: Expression;
  /** As the author wrote it, which is shown while there is no value. */
  readonly written: string;
}

/** A part that depends on conditions: the first that holds decides. */
export interface Branch {
  readonly kind: "branch";
  readonly arms: readonly {
    readonly condition: Expression;
    readonly written: string;
    readonly then: readonly Segment[];
  }[];
  readonly otherwise: readonly Segment[];
}

/** A part that is repeated for each item of a list. */
export interface Loop {
  readonly kind: "loop";
  readonly list: Expression;
  readonly written: string;
  readonly item: string;
  readonly body: readonly Segment[];
  /** What is written instead when the list is empty. */
  readonly otherwise: readonly Segment[];
}

/** A node of a template's tree, the same for every syntax; a string is the author's own text. */
export type Segment = string | Placeholder | Output | Branch | Loop;
