/** Parses `[#list]` and what stands in it. */
import type { Items, Loop, Segment } from "../segments.ts";
import { contentOf } from "./content.ts";
import type { DirectiveTag } from "./lex.ts";
import {
  check,
  type Context,
  expressionAt,
  inside,
  invalid,
  misplaced,
  needClose,
  needsNothing,
  nextTag,
  type ParseAll,
  type Parser,
  takeTag,
} from "./parser.ts";

/** The names after `as`: an item, or a key and a value. */
interface Names {
  readonly item: string;
  readonly value: string | undefined;
}

/** Reads `as name` or `as key, value` up to the end. `undefined` where something else stands there. */
function readNames({ tokens }: DirectiveTag, from: number): Names | undefined {
  const [as, item, comma, value, end] = tokens.slice(from, from + 5);
  if (as?.text !== "as" || item?.kind !== "name") return undefined;
  if (comma?.kind === "end") return { item: item.text, value: undefined };
  const isPair = comma?.text === "," && value?.kind === "name" && end?.kind === "end";
  return isPair ? { item: item.text, value: value.text } : undefined;
}

function withNames(parser: Parser, context: Context, { item, value }: Names): Context {
  const names = value === undefined ? [item] : [item, value];
  for (const name of names) parser.bound.add(name);
  return { ...context, items: [...context.items, ...names], breaks: "loop", isListing: false };
}

/** Reads `[#foreach name in list]`. */
function readForEach(parser: Parser, context: Context, tag: DirectiveTag) {
  const [name, word] = tag.tokens;
  if (name?.kind !== "name" || word?.text !== "in") {
    invalid(tag, "A list is written [#list names as name]");
  }
  const { expression, next } = expressionAt(parser, context, tag, 2);
  if (tag.tokens[next]?.kind !== "end") invalid(tag, "A list is written [#list names as name]");
  return { expression, names: { item: name.text, value: undefined } };
}

function readList(parser: Parser, context: Context, tag: DirectiveTag) {
  if (tag.directive === "foreach") return readForEach(parser, context, tag);
  const { expression, next } = expressionAt(parser, context, tag, 0);
  const names = readNames(tag, next);
  if (names === undefined && tag.tokens[next]?.kind !== "end") {
    invalid(tag, "A list is written [#list names as name]");
  }
  return { expression, names };
}

/** The `[#items]` of a list, which may stand within other directives. */
function findItems(segments: readonly Segment[]): Items | undefined {
  for (const segment of segments) {
    if (typeof segment === "string" || segment.kind === "placeholder" || segment.kind === "loop") {
      continue;
    }
    if (segment.kind === "items") return segment;
    for (const part of contentOf(segment).parts) {
      const found = findItems(part.segments);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Parses a `[#list …]`, whose tag was read, up to its closing tag, with its `[#else]`. @throws {Refused} */
export function parseList(
  parser: Parser,
  context: Context,
  tag: DirectiveTag,
  parseAll: ParseAll,
): readonly Segment[] {
  const { expression, names } = readList(parser, context, tag);
  check(parser, context, expression, "list", tag.at);
  const inner: Context = names === undefined
    ? { ...context, isListing: true, breaks: "none" }
    : withNames(parser, context, names);
  const body = inside(parser, tag, () => parseAll(parser, inner));
  const other = takeTag(parser, "open", "else");
  if (other !== undefined) needsNothing(other);
  const otherwise = other === undefined ? [] : inside(parser, tag, () => parseAll(parser, context));
  needClose(parser, tag, tag.directive);
  const items = names === undefined ? findItems(body) : undefined;
  if (names === undefined && items === undefined) {
    invalid(tag, "A list is written [#list names as name], or has an [#items as name]");
  }
  const loop: Loop = {
    kind: "loop",
    list: expression,
    written: tag.written,
    item: names?.item,
    value: names?.value ?? items?.value,
    body,
    otherwise,
  };
  return [loop];
}

/** Parses an `[#items as name]` of a `[#list]`, whose tag was read, up to its closing tag. @throws {Refused} */
export function parseItems(
  parser: Parser,
  context: Context,
  tag: DirectiveTag,
  parseAll: ParseAll,
): readonly Segment[] {
  if (!context.isListing) misplaced(tag);
  const names = readNames(tag, 0);
  if (names === undefined) invalid(tag, "Items are written [#items as name]");
  const inner = withNames(parser, context, names);
  const body = inside(parser, tag, () => parseAll(parser, inner));
  needClose(parser, tag, "items");
  const items: Items = { kind: "items", ...names, body };
  parser.places.set(items, tag.at);
  return [items];
}

/**
 * Parses a `[#sep]`: its content is shown after each item but the last. It ends at `[/#sep]`, or at the end of its
 * list.
 *
 * @throws {Refused}
 */
export function parseSep(
  parser: Parser,
  context: Context,
  tag: DirectiveTag,
  parseAll: ParseAll,
): readonly Segment[] {
  needsNothing(tag);
  const item = context.items.at(-1);
  if (item === undefined || context.breaks !== "loop") misplaced(tag);
  const then = inside(parser, tag, () => parseAll(parser, context));
  const close = nextTag(parser, "close", "sep");
  if (close !== undefined) {
    needsNothing(close);
    parser.next++;
  }
  const condition = { kind: "position", item, of: "has_next", parameters: [] } as const;
  return [{ kind: "branch", arms: [{ condition, written: "[#sep]", then }], otherwise: [] }];
}
