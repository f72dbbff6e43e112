/** Reads tokens of an expression one after another. */
import { MAX_EXPRESSION_DEPTH, type TemplateFaultKind } from "./fault.ts";
import type { Token } from "./tokens.ts";

/** Why an expression is refused. Functions that read expressions throw it; `readExpression` returns it as a fault. */
export class Stop extends Error {
  constructor(readonly kind: TemplateFaultKind, readonly at: number, message: string) {
    super(message);
  }
}

/** The place of an expression in its template, as far as its syntax depends on it. */
export interface Scoping {
  /** The names of the items of the enclosing loops. */
  readonly items: readonly string[];
  /** Whether the template's output format has markup, as HTML has: only then `?no_esc` is allowed. Default `false`. */
  readonly hasMarkup?: boolean;
  /** Whether the template escapes its outputs for that format. Default `false`. */
  readonly isEscaping?: boolean;
  /** Whether the expression stands in a tag of the form `name=value name=value`. */
  readonly hasNamedValues?: boolean;
  /** Called for each call of a function by its name, with the number of its values. */
  readonly onCall?: (name: string, at: number, count: number) => void;
  /**
   * Whether expressions that FreeMarker itself refuses are refused. Default `false`, as for stored templates: earlier
   * versions accepted some of these.
   */
  readonly isChecked?: boolean;
  /** Whether a `[#setting]` of the template sets the character set of addresses: `?url` then needs no parameter. */
  readonly hasUrlCharset?: boolean;
}

/** The tokens of an expression, and the index of the next one to read. */
export interface Reader extends Scoping {
  readonly tokens: readonly Token[];
  next: number;
}

const END: Token = { kind: "end", text: "", at: 0 };

/** Returns the next token and does not move; the token of kind `end` after the last one. */
export function peek(reader: Reader): Token {
  return reader.tokens[reader.next] ?? reader.tokens.at(-1) ?? END;
}

/** Returns the next token and moves past it. */
export function take(reader: Reader): Token {
  const token = peek(reader);
  reader.next++;
  return token;
}

/** Whether a token is this mark, such as `(` or `==`. */
export function isMark(token: Token, text: string): boolean {
  return token.kind === "mark" && token.text === text;
}

/** Whether a token is a name. */
export function isName(token: Token): boolean {
  return token.kind === "name";
}

/** Moves past the next token if it is this mark. @returns whether it was */
export function takeMark(reader: Reader, text: string): boolean {
  if (!isMark(peek(reader), text)) return false;
  reader.next++;
  return true;
}

/** Makes the error for a token that is not allowed where it stands. The caller throws it. */
export function unexpected({ kind, text, at }: Token): Stop {
  const message = kind === "end"
    ? "The expression is not complete"
    : `"${text.slice(0, 40)}" has no place here`;
  return new Stop("expression-not-valid", at, message);
}

/** Moves past the next token, which must be this mark. @throws {Stop} when it is another */
export function needMark(reader: Reader, text: string): void {
  if (!takeMark(reader, text)) throw unexpected(peek(reader));
}

/** Returns the depth one level down. @throws {Stop} beyond `MAX_EXPRESSION_DEPTH` */
export function deeper(depth: number, { at }: Token): number {
  if (depth < MAX_EXPRESSION_DEPTH) return depth + 1;
  throw new Stop("nested-too-deep", at, `Expressions nest ${MAX_EXPRESSION_DEPTH} deep at most`);
}
