/** Reads tokens of an expression one after another. */
import { MAX_EXPRESSION_DEPTH, type TemplateFaultKind } from "./fault.ts";
import type { Token } from "./tokens.ts";

/** Aborts the descent; the parser of expressions catches it. */
export class Stop extends Error {
  constructor(readonly kind: TemplateFaultKind, readonly at: number, message: string) {
    super(message);
  }
}

/** What surrounds an expression. */
export interface Scoping {
  /** The item names of the enclosing loops. */
  readonly items: readonly string[];
  /** Whether the output format is one with markup, such as HTML: `?no_esc` is for those. */
  readonly hasMarkup?: boolean;
  /** Whether outputs are escaped for that format. */
  readonly isEscaping?: boolean;
  /** Whether the expression stands in a tag of the form `name=value name=value`. */
  readonly hasNamedValues?: boolean;
  /** Called for each call of a function by its name, with the number of its values. */
  readonly onCall?: (name: string, at: number, count: number) => void;
  /** Whether what FreeMarker refuses is refused, although a stored template may have it. */
  readonly isChecked?: boolean;
  /** Whether the template sets the character set of addresses: `?url` then needs no parameter. */
  readonly hasUrlCharset?: boolean;
}

/** The state of a descent. */
export interface Reader extends Scoping {
  readonly tokens: readonly Token[];
  next: number;
}

const END: Token = { kind: "end", text: "", at: 0 };

/** The next token. */
export function peek(reader: Reader): Token {
  return reader.tokens[reader.next] ?? reader.tokens.at(-1) ?? END;
}

/** Takes the next token. */
export function take(reader: Reader): Token {
  const token = peek(reader);
  reader.next++;
  return token;
}

/** Whether a token is this mark. */
export function isMark(token: Token, text: string): boolean {
  return token.kind === "mark" && token.text === text;
}

/** Whether a token is a name. */
export function isName(token: Token): boolean {
  return token.kind === "name";
}

/** Takes the next token where it is this mark. */
export function takeMark(reader: Reader, text: string): boolean {
  if (!isMark(peek(reader), text)) return false;
  reader.next++;
  return true;
}

/** The fault of a token that cannot stand where it stands. */
export function unexpected({ kind, text, at }: Token): Stop {
  const message = kind === "end"
    ? "The expression is not complete"
    : `"${text.slice(0, 40)}" has no place here`;
  return new Stop("expression-not-valid", at, message);
}

/** Takes the next token, which must be this mark. @throws {Stop} */
export function needMark(reader: Reader, text: string): void {
  if (!takeMark(reader, text)) throw unexpected(peek(reader));
}

/** The depth one level down. @throws {Stop} */
export function deeper(depth: number, { at }: Token): number {
  if (depth < MAX_EXPRESSION_DEPTH) return depth + 1;
  throw new Stop("nested-too-deep", at, `Expressions nest ${MAX_EXPRESSION_DEPTH} deep at most`);
}
