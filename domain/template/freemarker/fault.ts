import { refuse, type Result } from "../../result.ts";

/**
 * Maximum length of a FreeMarker template, in UTF-16 units. A template that exceeds a limit of this file is refused.
 */
export const MAX_TEMPLATE_CHARACTERS = 2_000_000;
/**
 * Maximum number of outputs, tags and comments of a template. Reading, checking and filling a template take time for each.
 * The largest e-mails have a few thousand.
 */
export const MAX_TEMPLATE_TAGS = 8_000;
/**
 * Maximum number of tokens of all tags and outputs of a template: names, texts in quotes, numbers, operators, brackets, `\\`
 * escapes, and
 * the end of each tag. Those of an `[#escape]` count once more for each output in it, which it is applied to.
 */
export const MAX_TEMPLATE_TOKENS = 60_000;
/** Maximum nesting depth of directives, such as `[#if]` and `[#list]`. */
export const MAX_DIRECTIVE_DEPTH = 32;
/** Maximum nesting depth of an expression. */
export const MAX_EXPRESSION_DEPTH = 32;

/** Code of an error in a FreeMarker template. Codes stay the same between versions. */
export type TemplateFaultKind =
  | "template-too-long"
  | "nested-too-deep"
  | "unknown-directive"
  | "unknown-built-in"
  | "angle-bracket-directive"
  | "unknown-name"
  | "unclosed"
  | "unopened"
  | "expression-not-valid";

/** Why a FreeMarker template is refused, and where. */
export interface TemplateFault {
  readonly kind: TemplateFaultKind;
  /** The English message for the author. */
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/** A fault with its offset in the template instead of its line and column. */
export interface FaultAt {
  readonly kind: TemplateFaultKind;
  readonly message: string;
  /** The offset, in UTF-16 units. */
  readonly at: number;
}

/** Returns the refusal for a fault at an offset. */
export function faultAt(
  kind: TemplateFaultKind,
  at: number,
  message: string,
): Extract<Result<never, FaultAt>, { readonly ok: false }> {
  return refuse({ kind, message, at });
}

/** What a template may still have while it is read. */
export interface TemplateBudget {
  /** Of {@link MAX_TEMPLATE_TAGS}. */
  tags: number;
  /** Of {@link MAX_TEMPLATE_TOKENS}. */
  tokens: number;
}

/** Returns what a template may have: a stored one is not limited, so that it is sent as before. */
export function newTemplateBudget(isStored: boolean): TemplateBudget {
  return isStored
    ? { tags: Infinity, tokens: Infinity }
    : { tags: MAX_TEMPLATE_TAGS, tokens: MAX_TEMPLATE_TOKENS };
}

/** Returns the refusal of a template with too many tokens, at the first that is too many. */
export function tooManyTokens(at: number): ReturnType<typeof faultAt> {
  const message =
    `A template has ${MAX_TEMPLATE_TOKENS} names, texts, numbers and operators at most`;
  return faultAt("template-too-long", at, message);
}

/** Converts a fault's offset to its line and column in the text. */
export function locateFault(text: string, { kind, message, at }: FaultAt): TemplateFault {
  const before = text.slice(0, at);
  const lines = before.split(/\r\n|\n|\r/);
  return { kind, message, line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}
