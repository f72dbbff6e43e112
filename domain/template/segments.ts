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
  /** The source text, which is shown in place of a value that is missing. */
  readonly written: string;
  /** The format that values are escaped for; `undefined` for no escaping. */
  readonly escapedFor?: MarkupFormat | undefined;
  /** For `#{…; m1M2}`: the least and most digits after the point. */
  readonly digits?: { readonly least: number; readonly most: number } | undefined;
  /** Whether the value is written by `scalarText`, as in Diia templates, and not by the template's settings. */
  readonly isJson?: true;
  /**
   * Whether a boolean is written as `true` or `false` while the template sets no texts for it. Otherwise it counts as a
   * missing value.
   */
  readonly writesBooleans?: true;
}

/** An output format with markup: values that a template of this format shows are escaped for it. */
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
  /** The source of its opening tag. */
  readonly written: string;
  /**
   * The name under which `body` reads the current item. `undefined` where the items are repeated by an `[#items]` in
   * it.
   */
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

/**
 * Where an assignment stores its variable: `assign` for the template, `global` behind the template's variables of the
 * same name, `local` for the running macro or function.
 */
export type AssignScope = "assign" | "global" | "local";

/**
 * An `[#assign name = value]`, `[#global …]` or `[#local …]`. `by` is the operator of an assignment such as `+=`;
 * `undefined` for `=`.
 */
export interface Assign {
  readonly kind: "assign";
  readonly scope: AssignScope;
  readonly name: string;
  readonly by: Operator | undefined;
  readonly value: Expression;
  readonly written: string;
}

/** An `[#assign name]…[/#assign]`: stores the text of its body as the variable. */
export interface Capture {
  readonly kind: "capture";
  readonly scope: AssignScope;
  readonly name: string;
  readonly body: readonly Segment[];
  /** Whether outputs in the body are escaped for an output format: the stored text is then not escaped again. */
  readonly isEscaped: boolean;
}

/** A parameter of a macro or function. */
export interface Parameter {
  readonly name: string;
  /** The default; `undefined` where a call must give a value. */
  readonly other: Expression | undefined;
}

/** A `[#macro]` or `[#function]`. */
export interface Definition {
  readonly kind: "definition";
  readonly isFunction: boolean;
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /**
   * The name of the last parameter when it is written `rest...`: it gets all values without a parameter of their own.
   */
  readonly rest: string | undefined;
  readonly body: readonly Segment[];
}

/** A call `[@name …]` of a macro. Its values are either all `positional` or all `named`. */
export interface MacroCall {
  readonly kind: "call";
  readonly of: Expression;
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [name: string, value: Expression])[];
  /** The content of the call, which the macro shows at each `[#nested]`. */
  readonly body: readonly Segment[];
  /** The names under which the body reads the values of `[#nested value]`. */
  readonly names: readonly string[];
  readonly written: string;
}

/**
 * A `[#switch]`: runs the bodies from the first equal case up to a `[#break]`, or only the default where no case is
 * equal.
 */
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

/** An `[#attempt]`: shows `body`, or only `recover` where a value that the body requires is missing. */
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

/** A `[#compress]`: each run of white space in its body becomes one space or line end. */
export interface Compress {
  readonly kind: "compress";
  readonly body: readonly Segment[];
}

/**
 * A `[#break]`, `[#continue]`, `[#return]` or `[#stop]`; or a `[#nested]`, which shows the content of a macro's call.
 */
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
