import { refuse, type Result } from "../../result.ts";

/**
 * Maximum length of a FreeMarker template, in UTF-16 units. A template that exceeds a limit of this file is refused.
 */
export const MAX_TEMPLATE_CHARACTERS = 2_000_000;
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

/** Converts a fault's offset to its line and column in the text. */
export function locateFault(text: string, { kind, message, at }: FaultAt): TemplateFault {
  const before = text.slice(0, at);
  const lines = before.split(/\r\n|\n|\r/);
  return { kind, message, line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}
