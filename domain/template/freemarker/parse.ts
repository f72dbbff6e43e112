/** Parses a FreeMarker source with square-bracket tags into a template's tree. */
import { ok, refuse, type Result } from "../../result.ts";
import type { Segment } from "../segments.ts";
import type { Expression } from "./expression.ts";
import {
  type FaultAt,
  faultAt,
  locateFault,
  MAX_DIRECTIVE_DEPTH,
  MAX_TEMPLATE_CHARACTERS,
  type TemplateFault,
} from "./fault.ts";
import { type Directive, lexFreemarker, type Piece, stripWhiteSpace } from "./lex.ts";
import { parseExpression, readExpression } from "./parse_expression.ts";

type Tag = Extract<Piece, { readonly kind: "open" | "close" }>;
type Checked = Result<undefined, FaultAt>;

interface Arm {
  readonly condition: Expression;
  readonly written: string;
  readonly then: Segment[];
}

/** An open directive. */
type Frame =
  | { readonly kind: "if"; readonly at: number; readonly arms: Arm[]; otherwise?: Segment[] }
  | {
    readonly kind: "list";
    readonly at: number;
    readonly list: Expression;
    readonly written: string;
    readonly item: string;
    readonly body: Segment[];
    otherwise?: Segment[];
  }
  | { readonly kind: "sep"; readonly at: number; readonly item: string; readonly then: Segment[] };

interface Builder {
  readonly root: Segment[];
  readonly frames: Frame[];
}

const DONE = ok(undefined);

/** The list to which the next segment is added. */
function openSegments({ root, frames }: Builder): Segment[] {
  const frame = frames.at(-1);
  if (frame === undefined) return root;
  switch (frame.kind) {
    case "if":
      return frame.otherwise ?? frame.arms.at(-1)?.then ?? root;
    case "list":
      return frame.otherwise ?? frame.body;
    case "sep":
      return frame.then;
  }
}

/** Items whose position can be read: those of open loops outside their `[#else]`. */
function itemsOf({ frames }: Builder): readonly string[] {
  return frames.flatMap((frame) =>
    frame.kind === "list" && frame.otherwise === undefined ? [frame.item] : []
  );
}

function toSegment(frame: Frame): Segment {
  switch (frame.kind) {
    case "if":
      return { kind: "branch", arms: frame.arms, otherwise: frame.otherwise ?? [] };
    case "list": {
      const { list, written, item, body, otherwise = [] } = frame;
      return { kind: "loop", list, written, item, body, otherwise };
    }
    case "sep": {
      const condition = { kind: "position", item: frame.item, of: "has_next" } as const;
      const arm = { condition, written: "[#sep]", then: frame.then };
      return { kind: "branch", arms: [arm], otherwise: [] };
    }
  }
}

function closeTop(builder: Builder): void {
  const frame = builder.frames.pop();
  if (frame !== undefined) openSegments(builder).push(toSegment(frame));
}

/** Closes an open `[#sep]`: the end of its list also ends it. */
function closeSep(builder: Builder): void {
  if (builder.frames.at(-1)?.kind === "sep") closeTop(builder);
}

function openFrame(builder: Builder, frame: Frame): Checked {
  if (builder.frames.length >= MAX_DIRECTIVE_DEPTH) {
    const message = `Directives nest ${MAX_DIRECTIVE_DEPTH} deep at most`;
    return faultAt("nested-too-deep", frame.at, message);
  }
  builder.frames.push(frame);
  return DONE;
}

function readArm(builder: Builder, { tokens, written }: Tag): Result<Arm, FaultAt> {
  const condition = parseExpression(tokens, itemsOf(builder));
  return condition.ok ? ok({ condition: condition.value, written, then: [] }) : condition;
}

function openList(builder: Builder, { tokens, written, at }: Tag): Checked {
  const read = readExpression(tokens, itemsOf(builder));
  if (!read.ok) return read;
  const { expression: list, next } = read.value;
  const [as, item, end] = tokens.slice(next, next + 3);
  if (as?.text !== "as" || item?.kind !== "name" || end?.kind !== "end") {
    return faultAt("expression-not-valid", at, "A list is written [#list names as name]");
  }
  return openFrame(builder, { kind: "list", at, list, written, item: item.text, body: [] });
}

function misplaced({ written, at }: Tag): Checked {
  return faultAt("unopened", at, `Nothing is open that ${written.slice(0, 40)} belongs to`);
}

const OPENERS: Readonly<Record<Directive, (builder: Builder, tag: Tag) => Checked>> = {
  if: (builder, tag) => {
    const arm = readArm(builder, tag);
    return arm.ok ? openFrame(builder, { kind: "if", at: tag.at, arms: [arm.value] }) : arm;
  },
  elseif: (builder, tag) => {
    const frame = builder.frames.at(-1);
    if (frame?.kind !== "if" || frame.otherwise !== undefined) return misplaced(tag);
    const arm = readArm(builder, tag);
    if (!arm.ok) return arm;
    frame.arms.push(arm.value);
    return DONE;
  },
  else: (builder, tag) => {
    closeSep(builder);
    const frame = builder.frames.at(-1);
    if (frame === undefined || frame.kind === "sep" || frame.otherwise !== undefined) {
      return misplaced(tag);
    }
    frame.otherwise = [];
    return DONE;
  },
  list: openList,
  sep: (builder, tag) => {
    const item = itemsOf(builder).at(-1);
    if (item === undefined) return misplaced(tag);
    return openFrame(builder, { kind: "sep", at: tag.at, item, then: [] });
  },
};

/** The directives whose tag contains an expression. */
const WITH_EXPRESSION: ReadonlySet<Directive> = new Set(["if", "elseif", "list"]);

function addTag(builder: Builder, tag: Tag): Checked {
  const { kind, directive, tokens, at } = tag;
  if ((kind === "close" || !WITH_EXPRESSION.has(directive)) && tokens.length > 1) {
    return faultAt("expression-not-valid", at, `There is no expression in [#${directive}]`);
  }
  if (kind === "open") return OPENERS[directive](builder, tag);
  if (directive !== "sep") closeSep(builder);
  if (builder.frames.at(-1)?.kind !== directive) return misplaced(tag);
  closeTop(builder);
  return DONE;
}

function addPiece(builder: Builder, piece: Piece): Checked {
  switch (piece.kind) {
    case "text":
      if (piece.text !== "") openSegments(builder).push(piece.text);
      return DONE;
    case "comment":
      return DONE;
    case "output": {
      const { tokens, written } = piece;
      const expression = parseExpression(tokens, itemsOf(builder));
      if (!expression.ok) return expression;
      openSegments(builder).push({ kind: "output", expression: expression.value, written });
      return DONE;
    }
    case "open":
    case "close":
      return addTag(builder, piece);
  }
}

function build(text: string): Result<readonly Segment[], FaultAt> {
  if (text.length > MAX_TEMPLATE_CHARACTERS) {
    const message = `A template has ${MAX_TEMPLATE_CHARACTERS} characters at most`;
    return faultAt("template-too-long", 0, message);
  }
  const pieces = lexFreemarker(text);
  if (!pieces.ok) return pieces;
  const builder: Builder = { root: [], frames: [] };
  for (const piece of stripWhiteSpace(pieces.value)) {
    const added = addPiece(builder, piece);
    if (!added.ok) return added;
  }
  closeSep(builder);
  const open = builder.frames.at(-1);
  if (open === undefined) return ok(builder.root);
  return faultAt("unclosed", open.at, `No [/#${open.kind}] closes this`);
}

/**
 * Parses a FreeMarker template: `${…}`, `[#if]`, `[#list]`, `[#sep]` and comments, with FreeMarker's white space
 * stripping. All other FreeMarker features are refused, so an accepted template cannot run code or read anything but
 * its values. Takes time linear in the text.
 *
 * @returns the template's tree; or the first fault, with its line and column
 */
export function parseFreemarker(text: string): Result<readonly Segment[], TemplateFault> {
  const built = build(text);
  return built.ok ? built : refuse(locateFault(text, built.refusal));
}
