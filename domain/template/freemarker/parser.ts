/** The state of the parsing of a template, and what every directive's parser uses. */
import type { Result } from "../../result.ts";
import type { Definition, MacroCall, MarkupFormat, Segment } from "../segments.ts";
import type { Expression } from "./expression.ts";
import type { Scoping } from "./expression_reader.ts";
import { type FaultAt, MAX_DIRECTIVE_DEPTH } from "./fault.ts";
import { checkExpression, type Needed } from "./check.ts";
import type { DirectiveName, DirectiveTag, Piece, Tag } from "./lex.ts";
import { parseExpression, readExpression } from "./parse_expression.ts";
import type { Token } from "./tokens.ts";

/** Aborts the parsing; parse.ts catches it. */
export class Refused extends Error {
  constructor(readonly fault: FaultAt) {
    super(fault.message);
  }
}

/** Refuses the template. @throws {Refused} */
export function refuseAt(kind: FaultAt["kind"], at: number, message: string): never {
  throw new Refused({ kind, message, at });
}

/** What surrounds the part of the template that is being parsed. */
export interface Context {
  /** The names of the enclosing loops' items. */
  readonly items: readonly string[];
  /** Whether `[#break]` can stand here, and `[#continue]`. */
  readonly breaks: "none" | "switch" | "loop";
  /** Whether the loop around still needs its `[#items]`. */
  readonly isListing: boolean;
  readonly inside: "template" | "macro" | "function";
  readonly format: MarkupFormat | undefined;
  /** Whether outputs are escaped for the format. */
  readonly isEscaping: boolean;
  /** The `[#escape name as …]` around, the innermost last. */
  readonly escapes: readonly { readonly name: string; readonly by: Expression }[];
}

/** A name that the template uses as a macro or function, and where. */
interface Use {
  readonly name: string;
  readonly at: number;
  readonly isFunction: boolean;
  /** How many values a function is given. */
  readonly count: number;
}

/** The state of the parsing. */
export interface Parser {
  readonly pieces: readonly Piece[];
  next: number;
  depth: number;
  readonly uses: Use[];
  /** Names that the template assigns or binds: they may be macros or functions. */
  readonly bound: Set<string>;
  /** Those of them that it assigns. */
  readonly assigned: Set<string>;
  /** Names with a value that does not need an earlier one: it assigns them with `=`, or binds them. */
  readonly begun: Set<string>;
  /** Names that it changes, as `[#assign n += 1]` does, and where. */
  readonly changed: { readonly name: string; readonly at: number }[];
  readonly definitions: Definition[];
  readonly calls: { readonly call: MacroCall; readonly at: number }[];
  readonly hasUrlCharset: boolean;
  /** Whether expressions are checked for what must fail. */
  readonly isChecked: boolean;
}

/** Parses the parts up to a tag that the caller has to read. */
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

/** Checks what can be known of an expression without values. @throws {Refused} */
export function check(parser: Parser, expression: Expression, needed: Needed, at: number): void {
  if (parser.isChecked) valueOf(checkExpression(expression, needed, at));
}

/** Parses tokens that are one expression, and checks what can be known of it. @throws {Refused} */
export function expressionOf(
  parser: Parser,
  context: Context,
  tag: { readonly tokens: readonly Token[]; readonly at: number },
  needed: Needed,
): Expression {
  const expression = valueOf(parseExpression(tag.tokens, scopingOf(parser, context)));
  check(parser, expression, needed, tag.at);
  return expression;
}

/** Parses the longest expression from an index of the tokens. @throws {Refused} */
export function expressionAt(
  parser: Parser,
  context: Context,
  { tokens, at }: Tag,
  from: number,
  hasNamedValues = false,
): { readonly expression: Expression; readonly next: number } {
  const read = valueOf(readExpression(tokens, scopingOf(parser, context, hasNamedValues), from));
  check(parser, read.expression, "value", at);
  return read;
}

/** The expression of an output within the `[#escape]` directives around it. */
export function escaped(expression: Expression, { escapes }: Context): Expression {
  return escapes.reduceRight<Expression>(
    (of, { name, by }) => ({ kind: "escaped", of, name, by }),
    expression,
  );
}

/** Refuses a tag that belongs to nothing. @throws {Refused} */
export function misplaced({ written, at }: Tag): never {
  refuseAt("unopened", at, `Nothing is open that ${written.slice(0, 40)} belongs to`);
}

/** Refuses the expression of a tag. @throws {Refused} */
export function invalid({ at }: Tag, message: string): never {
  refuseAt("expression-not-valid", at, message);
}

/** Refuses a tag that has an expression but takes none. @throws {Refused} */
export function needsNothing(tag: DirectiveTag): void {
  if (tag.tokens.length > 1) invalid(tag, `There is no expression in [#${tag.directive}]`);
}

/** Parses a part one level down. @throws {Refused} where directives nest too deep */
export function inside<T>(parser: Parser, { at }: Tag, parse: () => T): T {
  if (++parser.depth > MAX_DIRECTIVE_DEPTH) {
    refuseAt("nested-too-deep", at, `Directives nest ${MAX_DIRECTIVE_DEPTH} deep at most`);
  }
  const parsed = parse();
  parser.depth--;
  return parsed;
}

/** The next piece where it is a tag of a directive, open or closing. */
export function nextTag(
  { pieces, next }: Parser,
  kind: "open" | "close",
  name: DirectiveName,
): DirectiveTag | undefined {
  const piece = pieces[next];
  return piece?.kind === kind && piece.directive === name ? piece : undefined;
}

/** Takes the next piece where it is this tag. */
export function takeTag(
  parser: Parser,
  kind: "open" | "close",
  name: DirectiveName,
): DirectiveTag | undefined {
  const tag = nextTag(parser, kind, name);
  if (tag !== undefined) parser.next++;
  return tag;
}

/** Takes the closing tag of a directive. @throws {Refused} where another tag, or nothing, stands there */
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

/** Refuses the use of a macro or function that there is not. @throws {Refused} */
export function refuseUse({ name, at, isFunction }: Use): never {
  const what = isFunction ? "function" : "macro";
  refuseAt("unknown-name", at, `The template defines no ${what} ${name.slice(0, 40)}`);
}
