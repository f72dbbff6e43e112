/** Parses a FreeMarker source with square-bracket tags into a template's tree. */
import { ok, refuse, type Result } from "../../result.ts";
import type { Steps } from "../../steps/steps.ts";
import type { Segment } from "../segments.ts";
import {
  type FaultAt,
  faultAt,
  locateFault,
  MAX_TEMPLATE_CHARACTERS,
  newTemplateBudget,
  type TemplateFault,
} from "./fault.ts";
import { lexFreemarker, type Piece } from "./lex.ts";
import { parseDirective } from "./parse_directive.ts";
import { checkCalls, checkUses, parseCall } from "./parse_macro.ts";
import { checkChanges } from "./parse_assign.ts";
import { readHeader } from "./parse_header.ts";
import {
  type Context,
  escaped,
  expressionOf,
  misplaced,
  needsNothing,
  type Parser,
  refuseAt,
  Refused,
} from "./parser.ts";
import { newConstantEnvironment } from "./check/needed_parts.ts";
import { NO_KINDS } from "./kinds.ts";
import { dryRun } from "./dry_run/dry_run.ts";
import { stripHeaderLine, stripWhiteSpace } from "./strip.ts";

const DIGITS = /;\s*(?:m(\d{1,2}))?\s*(?:M(\d{1,2}))?\s*\}$/;

function parseOutput(
  parser: Parser,
  context: Context,
  piece: Extract<Piece, { readonly kind: "output" }>,
): Segment {
  const { written, at, isNumeric } = piece;
  const format = isNumeric ? DIGITS.exec(written) : null;
  const semicolon = piece.tokens.findIndex((token) => token.text === ";" && token.kind === "mark");
  const end = piece.tokens.at(-1);
  const tokens = format === null || semicolon === -1 || end === undefined
    ? piece.tokens
    : [...piece.tokens.slice(0, semicolon), end];
  const parsed = escaped(
    expressionOf(parser, context, { tokens, at }, "output"),
    parser,
    context,
    at,
  );
  parser.places.set(parsed, at);
  const least = Number(format?.[1] ?? 0);
  return {
    kind: "output",
    expression: parsed,
    written,
    escapedFor: context.isEscaping ? context.format : undefined,
    ...(parser.isChecked ? {} : { writesBooleans: true }),
    digits: isNumeric
      ? { least, most: Number(format?.[2] ?? (format === null ? 50 : least)) }
      : undefined,
  };
}

/** Parses the parts up to the end, or to a tag that belongs to a directive around them. */
function parseAll(parser: Parser, context: Context): readonly Segment[] {
  const segments: Segment[] = [];
  for (;;) {
    const piece = parser.pieces[parser.next];
    if (piece === undefined) break;
    if (piece.kind === "close" || piece.kind === "end-call") break;
    if (piece.kind === "open") {
      const parsed = parseDirective(parser, context, piece, parseAll);
      if (parsed === undefined) break;
      // Spread into one call, the content of a long [#escape] would overflow the stack.
      for (const segment of parsed) segments.push(segment);
      continue;
    }
    parser.next++;
    if (piece.kind === "output") segments.push(parseOutput(parser, context, piece));
    else if (piece.kind === "call") segments.push(parseCall(parser, context, piece, parseAll));
    else if (piece.kind === "text" && piece.text !== "") segments.push(piece.text);
  }
  return segments;
}

/** Whether a setting gives `true` and `false` a text. */
function setsBooleans(piece: Piece): boolean {
  return piece.kind === "open" && piece.directive === "setting" &&
    /^boolean_?format$/i.test(piece.tokens[0]?.text ?? "");
}

/** Refuses a template that fails whatever the message's values are. @throws {Refused} */
function checkDryRun(parser: Parser, segments: readonly Segment[], isHtml: boolean): void {
  const fault = dryRun(segments, parser.assigned, isHtml);
  if (fault === undefined) return;
  refuseAt("expression-not-valid", parser.places.get(fault.of) ?? 0, fault.message);
}

function* build(
  text: string,
  { isHtml = false, isStored = false }: ParseOptions,
): Steps<Result<readonly Segment[], FaultAt>> {
  if (text.length > MAX_TEMPLATE_CHARACTERS) {
    const message = `A template has ${MAX_TEMPLATE_CHARACTERS} characters at most`;
    return faultAt("template-too-long", 0, message);
  }
  const budget = newTemplateBudget(isStored);
  const pieces = lexFreemarker(text, isHtml, budget);
  if (!pieces.ok) return pieces;
  yield;
  try {
    const header = readHeader(pieces.value);
    const headed = stripHeaderLine(pieces.value);
    const stripped = header.stripsWhiteSpace ? stripWhiteSpace(headed, text) : headed;
    yield;
    const parser: Parser = {
      pieces: stripped,
      next: 0,
      depth: 0,
      uses: [],
      bound: new Set(),
      assigned: new Set(),
      begun: new Set(),
      changed: [],
      definitions: [],
      calls: [],
      hasUrlCharset: header.hasUrlCharset,
      known: { ...NO_KINDS, booleansHaveText: pieces.value.some(setsBooleans) },
      places: new Map(),
      isChecked: !isStored,
      budget,
      constants: newConstantEnvironment(),
    };
    const segments = parseAll(parser, header.context);
    const rest = parser.pieces[parser.next];
    if (rest !== undefined) {
      if (rest.kind === "open" && rest.directive === "else") needsNothing(rest);
      if (rest.kind === "open" || rest.kind === "close" || rest.kind === "end-call") {
        misplaced(rest);
      }
      refuseAt("unopened", 0, "A part of the template belongs to nothing");
    }
    if (!isStored) {
      yield;
      checkUses(parser);
      checkCalls(parser);
      checkChanges(parser);
      yield;
      checkDryRun(parser, segments, isHtml);
    }
    return ok(segments);
  } catch (refused) {
    if (refused instanceof Refused) return refuse(refused.fault);
    throw refused;
  }
}

/** How a template is parsed. */
export interface ParseOptions {
  /** Whether the text is HTML, so that character references within tags and outputs are read: `&quot;` is `"`. */
  readonly isHtml?: boolean;
  /** Whether the template was published already: it is not checked for what must fail, so that it is sent as before. */
  readonly isStored?: boolean;
}

/**
 * Parses a FreeMarker template, with FreeMarker's white space stripping. What reads files, other templates, the clock or
 * the program is refused, and so is what must fail whatever the values are, so that an accepted template cannot run
 * code or read anything but its values. Takes time linear in the text.
 *
 * Each step takes time that `MAX_TEMPLATE_TAGS` and `MAX_TEMPLATE_TOKENS` bound, unless the template is stored.
 *
 * @returns the template's tree; or the first fault, with its line and column
 */
export function* parseFreemarkerSteps(
  text: string,
  options: ParseOptions = {},
): Steps<Result<readonly Segment[], TemplateFault>> {
  const built = yield* build(text, options);
  return built.ok ? built : refuse(locateFault(text, built.refusal));
}
