/** Parses macros, functions and their calls. */
import type { Definition, MacroCall, Parameter, Segment } from "../segments.ts";
import type { Expression } from "./expression.ts";
import type { DirectiveTag, Tag } from "./lex.ts";
import {
  type Context,
  expressionAt,
  inside,
  invalid,
  misplaced,
  needClose,
  type ParseAll,
  type Parser,
  refuseAt,
  refuseUse,
} from "./parser.ts";
import type { Token } from "./tokens.ts";

/** The most parameters of a macro or function. A template with more in one is refused. */
export const MAX_PARAMETERS = 100;

function isMark(token: Token | undefined, text: string): boolean {
  return token?.kind === "mark" && token.text === text;
}

function isEnd(token: Token | undefined): boolean {
  return token === undefined || token.kind === "end";
}

/** The name of a macro: a plain one, or one in quotes. */
function nameOf(token: Token | undefined, tag: Tag): string {
  if (token === undefined || (token.kind !== "name" && token.kind !== "string")) {
    invalid(tag, "A macro or function needs a name");
  }
  return token.text;
}

/**
 * Parses a `[#macro name a b=1 rest...]` or `[#function name(a, b)]`, whose tag was read, up to its closing tag.
 *
 * @throws {Refused}
 */
export function parseDefinition(
  parser: Parser,
  context: Context,
  tag: DirectiveTag,
  parseAll: ParseAll,
): readonly Segment[] {
  const isFunction = tag.directive === "function";
  if (context.inside !== "template") invalid(tag, "A macro cannot be defined in another");
  const { tokens } = tag;
  const name = nameOf(tokens[0], tag);
  const parameters: Parameter[] = [];
  let rest: string | undefined;
  let at = isMark(tokens[1], "(") ? 2 : 1;
  const inner: Context = {
    ...context,
    items: [],
    breaks: "none",
    isListing: false,
    inside: isFunction ? "function" : "macro",
  };
  while (!isEnd(tokens[at]) && !isMark(tokens[at], ")")) {
    if (rest !== undefined) invalid(tag, "No parameter follows one with three dots");
    if (parameters.length >= MAX_PARAMETERS) {
      invalid(tag, `A macro has ${MAX_PARAMETERS} parameters at most`);
    }
    const parameter = nameOf(tokens[at++], tag);
    parser.bound.add(parameter);
    if (isMark(tokens[at], "..") && isMark(tokens[at + 1], ".")) {
      rest = parameter;
      at += 2;
    } else if (isMark(tokens[at], "==")) {
      const read = expressionAt(parser, inner, tag, at + 1, true);
      parameters.push({ name: parameter, other: read.expression });
      at = read.next;
    } else parameters.push({ name: parameter, other: undefined });
    if (isMark(tokens[at], ",")) at++;
  }
  if (isMark(tokens[at], ")")) at++;
  if (!isEnd(tokens[at])) invalid(tag, "The parameters of a macro are names, with defaults or not");
  const body = inside(parser, tag, () => parseAll(parser, inner));
  needClose(parser, tag, tag.directive);
  const definition: Definition = {
    kind: "definition",
    isFunction,
    name,
    parameters,
    rest,
    body,
  };
  parser.definitions.push(definition);
  return [definition];
}

interface Arguments {
  readonly positional: Expression[];
  readonly named: (readonly [string, Expression])[];
  /** The index of the token after them. */
  readonly next: number;
}

/** Reads `a b` or `x=a y=b` up to the end or a semicolon. */
function readArguments(parser: Parser, context: Context, tag: Tag, from: number): Arguments {
  const { tokens } = tag;
  const positional: Expression[] = [];
  const named: (readonly [string, Expression])[] = [];
  let at = from;
  while (!isEnd(tokens[at]) && !isMark(tokens[at], ";")) {
    const name = tokens[at];
    const isNamed = name?.kind === "name" && isMark(tokens[at + 1], "==") &&
      positional.length === 0;
    if (!isNamed && named.length > 0) invalid(tag, "The values of a macro have names, or none has");
    const read = expressionAt(parser, context, tag, isNamed ? at + 2 : at, isNamed);
    if (isNamed) named.push([name.text, read.expression]);
    else positional.push(read.expression);
    at = read.next;
    if (isMark(tokens[at], ",")) at++;
  }
  return { positional, named, next: at };
}

/** Reads `; a, b`, the names of the values of `[#nested]`. */
function readNames(tag: Tag, from: number): readonly string[] {
  const names: string[] = [];
  let at = from;
  if (!isMark(tag.tokens[at], ";")) return names;
  do names.push(nameOf(tag.tokens[++at], tag)); while (isMark(tag.tokens[++at], ","));
  if (!isEnd(tag.tokens[at])) invalid(tag, "Names follow the semicolon of a macro's call");
  return names;
}

/** Parses a macro's call `[@name …]…[/@name]` or `[@name …/]`, whose tag was read, up to its end. @throws {Refused} */
export function parseCall(
  parser: Parser,
  context: Context,
  tag: Extract<Tag, { readonly kind: "call" | "end-call" }>,
  parseAll: ParseAll,
): MacroCall {
  const name = tag.tokens[0];
  if (name?.kind !== "name" || isMark(tag.tokens[1], ".")) {
    invalid(tag, "A macro is called by its name");
  }
  parser.uses.push({ name: name.text, at: tag.at, isFunction: false, count: 0 });
  const { positional, named, next } = readArguments(parser, context, tag, 1);
  const names = readNames(tag, next);
  for (const bound of names) parser.bound.add(bound);
  let body: readonly Segment[] = [];
  if (!tag.isClosed) {
    const inner = { ...context, breaks: "none", isListing: false } as const;
    body = inside(parser, tag, () => parseAll(parser, inner));
    const close = parser.pieces[parser.next];
    if (close === undefined) refuseAt("unclosed", tag.at, `No [/@${name.text}] closes this`);
    if (close.kind !== "end-call") {
      if (close.kind === "open" || close.kind === "close") misplaced(close);
      refuseAt("unclosed", tag.at, `No [/@${name.text}] closes this`);
    }
    const closed = close.tokens[0];
    if (closed?.kind === "name" && closed.text !== name.text) misplaced(close);
    parser.next++;
  }
  const call: MacroCall = {
    kind: "call",
    of: { kind: "variable", name: name.text },
    positional,
    named,
    body,
    names,
    written: tag.written,
  };
  parser.calls.push({ call, at: tag.at });
  parser.places.set(call.of, tag.at);
  return call;
}

/** The definitions of a template by their names. */
function byName(definitions: readonly Definition[]): ReadonlyMap<string, readonly Definition[]> {
  const named = new Map<string, Definition[]>();
  for (const definition of definitions) {
    const known = named.get(definition.name);
    if (known === undefined) named.set(definition.name, [definition]);
    else known.push(definition);
  }
  return named;
}

/**
 * Checks that the template defines the macros and functions that it uses, or binds their names to other values, and
 * that functions get an allowed number of values.
 *
 * @throws {Refused}
 */
export function checkUses({ uses, definitions, bound, assigned }: Parser): void {
  const functions = byName(definitions.filter(({ isFunction }) => isFunction));
  const macros = byName(definitions.filter(({ isFunction }) => !isFunction));
  for (const use of uses) {
    if (bound.has(use.name)) continue;
    const [definition, second] = (use.isFunction ? functions : macros).get(use.name) ?? [];
    if (definition === undefined) refuseUse(use);
    const hasOther = second !== undefined || macros.has(use.name);
    if (!use.isFunction || hasOther || assigned.has(use.name)) continue;
    const least = definition.parameters.filter(({ other }) => other === undefined).length;
    const most = definition.rest === undefined ? definition.parameters.length : Infinity;
    if (use.count < least || use.count > most) {
      refuseAt("expression-not-valid", use.at, `The function ${use.name} takes other values`);
    }
  }
}

/**
 * Checks the calls of macros that the template defines exactly once: each parameter without a default has a value, and
 * no unknown one is given.
 *
 * @throws {Refused}
 */
export function checkCalls({ calls, definitions, assigned }: Parser): void {
  const named = byName(definitions);
  for (const { call, at } of calls) {
    const name = call.of.kind === "variable" ? call.of.name : "";
    const [definition, second] = named.get(name) ?? [];
    if (definition === undefined || second !== undefined || assigned.has(name)) continue;
    const { parameters, rest } = definition;
    const names = new Set(parameters.map((parameter) => parameter.name));
    const extra = call.named.find(([given]) => !names.has(given))?.[0];
    if (rest === undefined && (extra !== undefined || call.positional.length > parameters.length)) {
      refuseAt(
        "expression-not-valid",
        at,
        `The macro has no parameter ${extra ?? "for this value"}`,
      );
    }
    const given = new Set(call.named.map(([one]) => one));
    const missing = parameters.find((parameter, index) =>
      parameter.other === undefined && index >= call.positional.length && !given.has(parameter.name)
    );
    if (missing !== undefined) {
      refuseAt("expression-not-valid", at, `The macro needs a value for ${missing.name}`);
    }
  }
}
