import { refuse, type Result } from "../../result.ts";

/** The longest FreeMarker template, in UTF-16 units. */
export const MAX_TEMPLATE_CHARACTERS = 2_000_000;
/** How deep `[#if]` and `[#list]` may lie in one another. */
export const MAX_DIRECTIVE_DEPTH = 32;
/** How deep an expression's parts may lie in one another. */
export const MAX_EXPRESSION_DEPTH = 32;

/** What can be wrong with a template; it never changes. */
export type TemplateFaultKind =
  | "template-too-long"
  | "nested-too-deep"
  | "unknown-directive"
  | "unknown-built-in"
  | "angle-bracket-directive"
  | "unclosed"
  | "unopened"
  | "expression-not-valid";

/** Why a template is not taken, and where. */
export interface TemplateFault {
  readonly kind: TemplateFaultKind;
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/** A fault by its offset, before its line is counted. */
export interface FaultAt {
  readonly kind: TemplateFaultKind;
  readonly message: string;
  readonly at: number;
}

/** The refusal of something at an offset. */
export function faultAt(
  kind: TemplateFaultKind,
  at: number,
  message: string,
): Extract<Result<never, FaultAt>, { readonly ok: false }> {
  return refuse({ kind, message, at });
}

/** The fault with its line and column in the text. */
export function locateFault(text: string, { kind, message, at }: FaultAt): TemplateFault {
  const before = text.slice(0, at);
  const lines = before.split(/\r\n|\n|\r/);
  return { kind, message, line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}
