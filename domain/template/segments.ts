import type { Operator } from "./freemarker/decimal.ts";
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
  /** The format that values are escaped for; `undefined` for no escaping. */
  readonly escapedFor?: MarkupFormat | undefined;
  /** Digits after the point of `#{…; m1M2}`. */
  readonly digits?: { readonly least: number; readonly most: number } | undefined;
  /** Whether numbers and booleans are written as JSON writes them. So are Diia's. */
  readonly isJson?: true;
  /** Whether a boolean for which the template sets no format is written as `true` or `false`, and not missing. */
  readonly writesBooleans?: true;
}

/** An output format with markup. */
export type MarkupFormat = "HTML" | "XHTML" | "XML" | "RTF";

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
  /** The name under which `body` reads the current item; `undefined` where an `[#items]` in the body repeats. */
  readonly item: string | undefined;
  /** The name of the values where the keys of an object are listed: `[#list map as key, value]`. */
  readonly value?: string | undefined;
  readonly body: readonly Segment[];
  /** Shown instead where the list is empty. */
  readonly otherwise: readonly Segment[];
}

/** An `[#items as name]`: repeated for each item of the list of the loop around it. */
export interface Items {
  readonly kind: "items";
  readonly item: string;
  readonly value: string | undefined;
  readonly body: readonly Segment[];
}

/** Which variables an assignment sets: the template's, those of everything, or those of the macro. */
export type AssignScope = "assign" | "global" | "local";

/** An `[#assign name = value]`, `[#global …]` or `[#local …]`; `by` is the operator of `+=`. */
export interface Assign {
  readonly kind: "assign";
  readonly scope: AssignScope;
  readonly name: string;
  readonly by: Operator | undefined;
  readonly value: Expression;
  readonly written: string;
}

/** An `[#assign name]…[/#assign]`: the variable is what the body writes. */
export interface Capture {
  readonly kind: "capture";
  readonly scope: AssignScope;
  readonly name: string;
  readonly body: readonly Segment[];
  /** Whether the body is escaped for an output format, so that it is not escaped again. */
  readonly isEscaped: boolean;
}

/** A parameter of a macro or function. */
export interface Parameter {
  readonly name: string;
  /** `undefined` where the parameter must be given. */
  readonly other: Expression | undefined;
}

/** A `[#macro]` or `[#function]`. */
export interface Definition {
  readonly kind: "definition";
  readonly isFunction: boolean;
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** The parameter that takes all further values: `rest...`. */
  readonly rest: string | undefined;
  readonly body: readonly Segment[];
}

/** An `[@name …]`: runs a macro. */
export interface MacroCall {
  readonly kind: "call";
  readonly of: Expression;
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [name: string, value: Expression])[];
  /** What the macro's `[#nested]` shows. */
  readonly body: readonly Segment[];
  /** The names under which the body reads the values of `[#nested value]`. */
  readonly names: readonly string[];
  readonly written: string;
}

/** A `[#switch]`: runs from the first equal case to a `[#break]`. */
export interface Switch {
  readonly kind: "switch";
  readonly of: Expression;
  readonly cases: readonly {
    /** `undefined` for `[#default]`. */
    readonly value: Expression | undefined;
    readonly body: readonly Segment[];
  }[];
  readonly written: string;
}

/** An `[#attempt]`: `recover` is shown instead where a value of the body is missing. */
export interface Attempt {
  readonly kind: "attempt";
  readonly body: readonly Segment[];
  readonly recover: readonly Segment[];
}

/** A `[#setting name=value]`. */
export interface SettingChange {
  readonly kind: "setting";
  readonly name: string;
  readonly value: Expression;
  readonly written: string;
}

/** A `[#compress]`: runs of white space become one. */
export interface Compress {
  readonly kind: "compress";
  readonly body: readonly Segment[];
}

/** Directives that end something or show a macro's content. */
export type Step =
  | { readonly kind: "break" | "continue" }
  | { readonly kind: "return"; readonly value: Expression | undefined; readonly written: string }
  | { readonly kind: "stop"; readonly written: string }
  | { readonly kind: "nested"; readonly values: readonly Expression[]; readonly written: string };

/** A directive of a FreeMarker template other than `[#if]` and `[#list]`. */
export type Directive =
  | Items
  | Assign
  | Capture
  | Definition
  | MacroCall
  | Switch
  | Attempt
  | SettingChange
  | Compress
  | Step;

/** A node of a template's tree, in any syntax. A string is the author's text. */
export type Segment = string | Placeholder | Output | Branch | Loop | Directive;
