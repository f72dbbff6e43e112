/** Parses directives: each table entry parses one, whose opening tag was taken. */
import type { Segment } from "../segments.ts";
import type { DirectiveName, DirectiveTag } from "./lex.ts";
import { parseAssign } from "./parse_assign.ts";
import { formatOf } from "./parse_header.ts";
import { parseItems, parseList, parseSep } from "./parse_list.ts";
import { parseDefinition } from "./parse_macro.ts";
import {
  type Context,
  expressionAt,
  expressionOf,
  inside,
  invalid,
  misplaced,
  needClose,
  needsNothing,
  nextTag,
  type ParseAll,
  type Parser,
  refuseAt,
  takeTag,
} from "./parser.ts";
import { tokenCount } from "./tokens.ts";
import { isSetting } from "./settings.ts";

type Parse = (
  parser: Parser,
  context: Context,
  tag: DirectiveTag,
  parseAll: ParseAll,
) => readonly Segment[];

type Arm = Extract<Segment, { readonly kind: "branch" }>["arms"][number];

const parseIf: Parse = (parser, context, tag, parseAll) => {
  const arms: Arm[] = [];
  const readArm = (armTag: DirectiveTag) => {
    const condition = expressionOf(parser, context, armTag, "condition");
    const then = inside(parser, tag, () => parseAll(parser, context));
    arms.push({ condition, written: armTag.written, then });
  };
  readArm(tag);
  for (;;) {
    const arm = takeTag(parser, "open", "elseif");
    if (arm === undefined) break;
    readArm(arm);
  }
  const other = takeTag(parser, "open", "else");
  if (other !== undefined) needsNothing(other);
  const otherwise = other === undefined ? [] : inside(parser, tag, () => parseAll(parser, context));
  needClose(parser, tag, "if");
  return [{ kind: "branch", arms, otherwise }];
};

const parseSwitch: Parse = (parser, context, tag, parseAll) => {
  const of = expressionOf(parser, context, tag, "value");
  const breaks = context.breaks === "none" ? "switch" : context.breaks;
  const inner: Context = { ...context, breaks };
  // White space and comments may stand before the first case.
  const before = inside(parser, tag, () => parseAll(parser, inner));
  if (before.some((part) => typeof part !== "string" || part.trim() !== "")) {
    refuseAt("unopened", tag.at, "Only [#case] and [#default] stand in a [#switch]");
  }
  type Case = Extract<Segment, { readonly kind: "switch" }>["cases"][number];
  const cases: Case[] = [];
  for (;;) {
    const one = takeTag(parser, "open", "case") ?? takeTag(parser, "open", "default");
    if (one === undefined) break;
    const isDefault = one.directive === "default";
    if (isDefault) needsNothing(one);
    if (isDefault && cases.some((other) => other.value === undefined)) misplaced(one);
    const value = isDefault ? undefined : expressionOf(parser, context, one, "value");
    cases.push({ value, body: inside(parser, tag, () => parseAll(parser, inner)) });
  }
  needClose(parser, tag, "switch");
  return [{ kind: "switch", of, cases, written: tag.written }];
};

const parseAttempt: Parse = (parser, context, tag, parseAll) => {
  needsNothing(tag);
  const body = inside(parser, tag, () => parseAll(parser, context));
  const recover = takeTag(parser, "open", "recover");
  if (recover === undefined) {
    needClose(parser, tag, "attempt");
    invalid(tag, "An [#attempt] needs a [#recover]");
  }
  needsNothing(recover);
  const recovering = { ...context, isRecovering: true };
  const other = inside(parser, tag, () => parseAll(parser, recovering));
  if (nextTag(parser, "close", "recover") !== undefined) parser.next++;
  else needClose(parser, tag, "attempt");
  return [{ kind: "attempt", body, recover: other }];
};

/** A directive that only changes how its content is parsed. */
function parseInside(
  change: (parser: Parser, context: Context, tag: DirectiveTag) => Context,
): Parse {
  return (parser, context, tag, parseAll) => {
    const inner = change(parser, context, tag);
    const body = inside(parser, tag, () => parseAll(parser, inner));
    needClose(parser, tag, tag.directive);
    return body;
  };
}

const parseEscape = parseInside((parser, context, tag) => {
  const [name, as] = tag.tokens;
  if (name?.kind !== "name" || as?.text !== "as") {
    invalid(tag, "An escape is written [#escape x as x?html]");
  }
  const { expression, next } = expressionAt(parser, context, tag, 2);
  if (tag.tokens[next]?.kind !== "end") invalid(tag, "An escape has one expression");
  const escape = { name: name.text, by: expression, tokens: tokenCount(tag.tokens) };
  return { ...context, escapes: [...context.escapes, escape] };
});

const parseNoEscape = parseInside((_parser, context, tag) => {
  needsNothing(tag);
  if (context.escapes.length === 0) misplaced(tag);
  return { ...context, escapes: context.escapes.slice(0, -1) };
});

const parseFormat = parseInside((_parser, context, tag) => {
  const [name, end] = tag.tokens;
  if (name?.kind !== "string" || end?.kind !== "end") {
    invalid(tag, "An output format is written [#outputformat 'HTML']");
  }
  const format = formatOf(name.text, tag);
  return { ...context, format, isEscaping: format !== undefined };
});

const parseAutoEscape = parseInside((_parser, context, tag) => {
  needsNothing(tag);
  if (tag.directive === "autoesc" && context.format === undefined) {
    invalid(tag, "[#autoesc] needs an output format with markup");
  }
  return { ...context, isEscaping: tag.directive === "autoesc" };
});

const parseCompress: Parse = (parser, context, tag, parseAll) => {
  const body = inside(parser, tag, () => parseAll(parser, context));
  needClose(parser, tag, "compress");
  return [{ kind: "compress", body }];
};

const parseSetting: Parse = (parser, context, tag) => {
  const [name, equals] = tag.tokens;
  if (name?.kind !== "name" || equals?.text !== "==" || !isSetting(name.text)) {
    invalid(tag, "There is no such setting here");
  }
  const { expression, next } = expressionAt(parser, context, tag, 2);
  if (tag.tokens[next]?.kind !== "end") invalid(tag, "A setting has one value");
  return [{ kind: "setting", name: name.text, value: expression, written: tag.written }];
};

const parseBreak: Parse = (_parser, context, tag) => {
  needsNothing(tag);
  const isBreak = tag.directive === "break";
  if (context.breaks === "none" || (!isBreak && context.breaks !== "loop")) misplaced(tag);
  return [{ kind: isBreak ? "break" : "continue" }];
};

const parseReturn: Parse = (parser, context, tag) => {
  if (context.inside === "template") misplaced(tag);
  const hasValue = tag.tokens.length > 1;
  if (hasValue !== (context.inside === "function")) {
    invalid(tag, "A function returns a value, a macro returns none");
  }
  const value = hasValue ? expressionOf(parser, context, tag, "value") : undefined;
  return [{ kind: "return", value, written: tag.written }];
};

const parseNested: Parse = (parser, context, tag) => {
  if (context.inside !== "macro") misplaced(tag);
  const values = [];
  for (let at = 0; tag.tokens[at]?.kind !== "end";) {
    const { expression, next } = expressionAt(parser, context, tag, at);
    values.push(expression);
    at = tag.tokens[next]?.text === "," ? next + 1 : next;
  }
  return [{ kind: "nested", values, written: tag.written }];
};

const parseStop: Parse = (parser, context, tag) => {
  if (tag.tokens.length > 1) expressionOf(parser, context, tag, "value");
  const stop: Segment = { kind: "stop", written: tag.written };
  parser.places.set(stop, tag.at);
  return [stop];
};

const parseNothing: Parse = (_parser, _context, tag) => {
  if (tag.directive === "ftl") return [];
  needsNothing(tag);
  return [];
};

/** Tags that belong to a directive around them, which reads them itself. */
const PARTS: ReadonlySet<DirectiveName> = new Set([
  "elseif",
  "else",
  "case",
  "default",
  "recover",
]);

const PARSERS: Readonly<Partial<Record<DirectiveName, Parse>>> = {
  if: parseIf,
  list: parseList,
  foreach: parseList,
  items: parseItems,
  sep: parseSep,
  switch: parseSwitch,
  attempt: parseAttempt,
  assign: parseAssign,
  global: parseAssign,
  local: parseAssign,
  macro: parseDefinition,
  function: parseDefinition,
  escape: parseEscape,
  noescape: parseNoEscape,
  outputformat: parseFormat,
  autoesc: parseAutoEscape,
  noautoesc: parseAutoEscape,
  compress: parseCompress,
  setting: parseSetting,
  break: parseBreak,
  continue: parseBreak,
  return: parseReturn,
  nested: parseNested,
  stop: parseStop,
  ftl: parseNothing,
  flush: parseNothing,
  t: parseNothing,
  lt: parseNothing,
  rt: parseNothing,
  nt: parseNothing,
};

/**
 * Parses the directive whose opening tag is the next piece, with its content and closing tag.
 *
 * @returns `undefined` for a tag that only a directive around it can read, such as `[#else]`; it is then still the next
 * piece
 * @throws {Refused}
 */
export function parseDirective(
  parser: Parser,
  context: Context,
  tag: DirectiveTag,
  parseAll: ParseAll,
): readonly Segment[] | undefined {
  const parse = PARTS.has(tag.directive) ? undefined : PARSERS[tag.directive];
  if (parse === undefined) return undefined;
  parser.next++;
  return parse(parser, context, tag, parseAll);
}
