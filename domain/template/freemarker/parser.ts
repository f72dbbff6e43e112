/** The state of the parsing of a template, and what every directive's parser uses. */
import type { Result } from "../../result.ts";
import type { Definition, MacroCall, MarkupFormat, Segment } from "../segments.ts";
import type { Expression } from "./expression.ts";
import type { Scoping } from "./expression_reader.ts";
import { type FaultAt, MAX_DIRECTIVE_DEPTH, type TemplateBudget, tooManyTokens } from "./fault.ts";
import { checkExpression } from "./check/check.ts";
import { needsError } from "./check/needed_parts.ts";
import type { Needed } from "./check/needs.ts";
import type { Kinds } from "./kinds.ts";
import type { DirectiveName, DirectiveTag, Piece, Tag } from "./lex.ts";
import { parseExpression, readExpression } from "./parse_expression.ts";
import type { Environment } from "./scope.ts";
import type { Token } from "./tokens.ts";

/** Why a template is refused. The functions of the parser throw it; `parseFreemarkerSteps` returns it as a fault. */
export class Refused extends Error {
  constructor(readonly fault: FaultAt) {
    super(fault.message);
  }
}

/** Throws {@link Refused}. @param at the fault's offset in the template, in UTF-16 units */
export function refuseAt(kind: FaultAt["kind"], at: number, message: string): never {
  throw new Refused({ kind, message, at });
}

/** The name and expression of an `[#escape name as …]`, and how many tokens the expression has. */
interface Escape {
  readonly name: string;
  readonly by: Expression;
  readonly tokens: number;
}

/** The place in the template that is being parsed, as far as its syntax depends on it. */
export interface Context {
  /** The names of the enclosing loops' items. */
  readonly items: readonly string[];
  /** Whether `[#break]` (in a `[#switch]` or a loop) and `[#continue]` (in a loop) are allowed here. */
  readonly breaks: "none" | "switch" | "loop";
  /** Whether the text is inside a `[#list]` without a name for its items, where an `[#items]` must follow. */
  readonly isListing: boolean;
  readonly inside: "template" | "macro" | "function";
  readonly format: MarkupFormat | undefined;
  /** Whether the text is inside a `[#recover]`. */
  readonly isRecovering: boolean;
  /** Whether outputs are escaped for the format. */
  readonly isEscaping: boolean;
  /** The names and expressions of the `[#escape name as …]` directives around this place, the innermost last. */
  readonly escapes: readonly Escape[];
}

/** A name that the template uses as a macro or function, and where. */
interface Use {
  readonly name: string;
  readonly at: number;
  readonly isFunction: boolean;
  /** How many values a function is given. */
  readonly count: number;
}

/**
 * The state of the parsing of one template. Its lists and sets are filled while it is parsed, and checked at the end.
 */
export interface Parser {
  readonly pieces: readonly Piece[];
  next: number;
  depth: number;
  readonly uses: Use[];
  /**
   * Names that the template gives a value, by an assignment or as parameters and items: they may hold macros or
   * functions.
   */
  readonly bound: Set<string>;
  /** The names among `bound` that an assignment gives a value. */
  readonly assigned: Set<string>;
  /** Names that an assignment gives a first value: by `=`, or by the text of its body. */
  readonly begun: Set<string>;
  /** Names that it changes, as `[#assign n += 1]` does, and where. */
  readonly changed: { readonly name: string; readonly at: number }[];
  readonly definitions: Definition[];
  readonly calls: { readonly call: MacroCall; readonly at: number }[];
  readonly hasUrlCharset: boolean;
  /** What is known of all expressions. */
  readonly known: Kinds;
  /** Where expressions and segments stand that may be found to fail, by their offsets. */
  readonly places: Map<object, number>;
  /** Whether expressions that must fail for all values are refused. `false` for stored templates. */
  readonly isChecked: boolean;
  /** What is left for the tokens of escapes, which count once for each output in them. */
  readonly budget: TemplateBudget;
  /** In which constants are evaluated for the checks. */
  readonly constants: Environment;
}

/** Parses segments up to the end of the template, or up to a tag that the caller has to read. */
export type ParseAll = (parser: Parser, context: Context) => readonly Segment[];

/** What an expression of this place may use. */
function scopingOf(parser: Parser, context: Context, hasNamedValues = false): Scoping {
  return {
    items: context.items,
    hasMarkup: context.format !== undefined,
    isEscaping: context.isEscaping,
    isChecked: parser.isChecked,
    hasNamedValues,
    hasUrlCharset: parser.hasUrlCharset,
    onCall: (name, at, count) => parser.uses.push({ name, at, isFunction: true, count }),
  };
}

function valueOf<T>(result: Result<T, FaultAt>): T {
  if (!result.ok) throw new Refused(result.refusal);
  return result.value;
}

/**
 * Refuses an expression that must fail whatever the values are; does nothing for stored templates.
 *
 * @throws {Refused}
 */
export function check(
  parser: Parser,
  context: Context,
  expression: Expression,
  needed: Needed,
  at: number,
): void {
  if (!parser.isChecked) return;
  valueOf(checkExpression(expression, needed, at, parser.known, parser.constants));
  // A macro may be called in a [#recover].
  if (!context.isRecovering && context.inside === "template" && needsError(expression)) {
    refuseAt("expression-not-valid", at, "There is an .error in a [#recover] only");
  }
  parser.places.set(expression, at);
}

/**
 * Parses the tokens of a tag or output, which must be one expression, and refuses one that must fail.
 *
 * @throws {Refused}
 */
export function expressionOf(
  parser: Parser,
  context: Context,
  tag: { readonly tokens: readonly Token[]; readonly at: number },
  needed: Needed,
): Expression {
  const expression = valueOf(parseExpression(tag.tokens, scopingOf(parser, context)));
  check(parser, context, expression, needed, tag.at);
  return expression;
}

/**
 * Parses the longest expression that begins at an index of the tag's tokens.
 *
 * @param hasNamedValues whether the tag has the form `name=value name=value`
 * @returns the expression, and the index of the token after it
 * @throws {Refused}
 */
export function expressionAt(
  parser: Parser,
  context: Context,
  { tokens, at }: Tag,
  from: number,
  hasNamedValues = false,
): { readonly expression: Expression; readonly next: number } {
  const read = valueOf(readExpression(tokens, scopingOf(parser, context, hasNamedValues), from));
  check(parser, context, read.expression, "value", at);
  return read;
}

/**
 * Wraps the expression of an output in those of the `[#escape]` directives around it.
 *
 * @param at the output's offset
 * @throws {Refused} where the template has too many tokens with those of the escapes
 */
export function escaped(
  expression: Expression,
  { budget }: Parser,
  { escapes }: Context,
  at: number,
): Expression {
  for (const { tokens } of escapes) budget.tokens -= tokens;
  if (budget.tokens < 0) valueOf(tooManyTokens(at));
  return escapes.reduceRight<Expression>(
    (of, { name, by }) => ({ kind: "escaped", of, name, by }),
    expression,
  );
}

/** Refuses a tag that no open directive allows here, such as an `[#else]` without an `[#if]`. @throws {Refused} */
export function misplaced({ written, at }: Tag): never {
  refuseAt("unopened", at, `Nothing is open that ${written.slice(0, 40)} belongs to`);
}

/** Refuses a tag for what stands in it, with the code `expression-not-valid`. @throws {Refused} */
export function invalid({ at }: Tag, message: string): never {
  refuseAt("expression-not-valid", at, message);
}

/** Refuses the tag of a directive that takes no expression where it has one. @throws {Refused} */
export function needsNothing(tag: DirectiveTag): void {
  if (tag.tokens.length > 1) invalid(tag, `There is no expression in [#${tag.directive}]`);
}

/**
 * Calls `parse` for a directive's content, one level of nesting down.
 *
 * @throws {Refused} where directives nest too deep
 */
export function inside<T>(parser: Parser, { at }: Tag, parse: () => T): T {
  if (++parser.depth > MAX_DIRECTIVE_DEPTH) {
    refuseAt("nested-too-deep", at, `Directives nest ${MAX_DIRECTIVE_DEPTH} deep at most`);
  }
  const parsed = parse();
  parser.depth--;
  return parsed;
}

/** Returns the next piece where it is such a tag, and does not move; otherwise `undefined`. */
export function nextTag(
  { pieces, next }: Parser,
  kind: "open" | "close",
  name: DirectiveName,
): DirectiveTag | undefined {
  const piece = pieces[next];
  return piece?.kind === kind && piece.directive === name ? piece : undefined;
}

/** Returns the next piece where it is such a tag, and moves past it; otherwise `undefined`. */
export function takeTag(
  parser: Parser,
  kind: "open" | "close",
  name: DirectiveName,
): DirectiveTag | undefined {
  const tag = nextTag(parser, kind, name);
  if (tag !== undefined) parser.next++;
  return tag;
}

/**
 * Moves past the closing tag of a directive.
 *
 * @param opened the directive's opening tag, which a fault names at the end of the template
 * @throws {Refused} where another tag, or nothing, stands there
 */
export function needClose(parser: Parser, opened: Tag, name: DirectiveName): void {
  const close = takeTag(parser, "close", name);
  if (close !== undefined) return;
  const piece = parser.pieces[parser.next];
  if (piece === undefined) {
    refuseAt("unclosed", opened.at, `No [/#${name}] closes this`);
  }
  if (piece.kind === "open" || piece.kind === "close" || piece.kind === "end-call") {
    misplaced(piece);
  }
}

/** Refuses the use of a macro or function that the template does not define. @throws {Refused} */
export function refuseUse({ name, at, isFunction }: Use): never {
  const what = isFunction ? "function" : "macro";
  refuseAt("unknown-name", at, `The template defines no ${what} ${name.slice(0, 40)}`);
}
