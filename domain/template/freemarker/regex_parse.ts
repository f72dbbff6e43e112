/** Parses regular expressions into a program that regex.ts runs in linear time. */

/** Whether an instruction accepts a code point. */
export type Accepts = (code: number) => boolean;

/** An instruction of a compiled expression. After it the next one runs, unless it names another by its index. */
export type Step =
  | { readonly kind: "take"; readonly accepts: Accepts }
  /** Continues at both instructions; matches of the first are preferred. */
  | { readonly kind: "fork"; first: number; second: number }
  | { readonly kind: "go"; to: number }
  /** Stores the offset as the start or end of a group. */
  | { readonly kind: "save"; readonly slot: number }
  | { readonly kind: "start" | "end" | "word-edge" | "no-word-edge" }
  | { readonly kind: "done" };

/** The flags of a regular expression. */
export interface RegexFlags {
  readonly ignoreCase: boolean;
  /** Whether `^` and `$` also stand at line ends. */
  readonly lines: boolean;
  /** Whether `.` also matches line ends. */
  readonly dotAll: boolean;
}

/** A compiled regular expression. */
export interface Program {
  readonly steps: readonly Step[];
  /** How many groups it has, without the whole match. */
  readonly groups: number;
  readonly flags: RegexFlags;
}

/** The most instructions of a regular expression; `x{1000}` has a thousand. A larger expression is not supported. */
export const MAX_REGEX_STEPS = 2_000;
/** The deepest nesting of groups. An expression with deeper ones is not supported. */
export const MAX_REGEX_DEPTH = 20;

class NotSupported extends Error {}

const isDigit: Accepts = (code) => code >= 0x30 && code <= 0x39;
const isSpace: Accepts = (code) => code === 0x20 || (code >= 9 && code <= 13);
/** `\w`: as on the platform, letters of the Latin alphabet only. */
export const isWord: Accepts = (code) =>
  isDigit(code) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) ||
  code === 0x5f;
const not = (accepts: Accepts): Accepts => (code) => !accepts(code);
const CLASSES: ReadonlyMap<string, Accepts> = new Map([
  ["d", isDigit],
  ["D", not(isDigit)],
  ["s", isSpace],
  ["S", not(isSpace)],
  ["w", isWord],
  ["W", not(isWord)],
]);
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["f", "\f"],
]);
/** `\p{…}` of the platform, with its JavaScript name. */
const PROPERTIES: ReadonlyMap<string, RegExp> = new Map([
  ["L", /^\p{L}$/u],
  ["Lu", /^\p{Lu}$/u],
  ["Ll", /^\p{Ll}$/u],
  ["N", /^\p{N}$/u],
  ["Nd", /^\p{Nd}$/u],
  ["P", /^\p{P}$/u],
  ["IsAlphabetic", /^\p{Alphabetic}$/u],
  ["IsCyrillic", /^\p{Script=Cyrillic}$/u],
  ["IsLatin", /^\p{Script=Latin}$/u],
  ["Alpha", /^[A-Za-z]$/],
  ["Digit", /^[0-9]$/],
  ["Alnum", /^[A-Za-z0-9]$/],
  ["Upper", /^[A-Z]$/],
  ["Lower", /^[a-z]$/],
  ["Punct", /^[!-/:-@[-`{-~]$/],
  ["Space", /^[\t-\r ]$/],
]);

/** A part of an expression, before it becomes instructions. */
type Node =
  | { readonly kind: "step"; readonly step: Step }
  | { readonly kind: "all"; readonly parts: readonly Node[] }
  | { readonly kind: "either"; readonly parts: readonly Node[] }
  | { readonly kind: "group"; readonly of: Node; readonly slot: number }
  | {
    readonly kind: "repeat";
    readonly of: Node;
    readonly least: number;
    readonly most: number;
    readonly isLazy: boolean;
  };

interface Reader {
  readonly text: string;
  at: number;
  groups: number;
  depth: number;
  readonly flags: RegexFlags;
}

function eat(reader: Reader, text: string): boolean {
  if (!reader.text.startsWith(text, reader.at)) return false;
  reader.at += text.length;
  return true;
}

function takeCharacter(reader: Reader): string {
  const code = reader.text.codePointAt(reader.at);
  if (code === undefined) throw new NotSupported();
  const character = String.fromCodePoint(code);
  reader.at += character.length;
  return character;
}

/** As on the platform, the flag `i` is for the letters of ASCII only. */
function asciiLower(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
}

function exactly(character: string, { ignoreCase }: RegexFlags): Accepts {
  const code = character.codePointAt(0);
  if (!ignoreCase || code === undefined) return (other) => other === code;
  const lower = asciiLower(code);
  return (other) => asciiLower(other) === lower;
}

function readHex(reader: Reader, length: number): string {
  const digits = reader.text.slice(reader.at, reader.at + length);
  if (!new RegExp(`^[0-9a-fA-F]{${length}}$`).test(digits)) throw new NotSupported();
  reader.at += length;
  return String.fromCodePoint(parseInt(digits, 16));
}

/** Reads what follows a backslash: a class, or one character. */
function readEscape(reader: Reader): Accepts | string {
  const character = takeCharacter(reader);
  const known = CLASSES.get(character);
  if (known !== undefined) return known;
  if (character === "p" || character === "P") {
    const name = /^(?:\{(\w{1,40})\}|([LNP]))/.exec(reader.text.slice(reader.at, reader.at + 50));
    const property = PROPERTIES.get(name?.[1] ?? name?.[2] ?? "");
    if (name === null || property === undefined) throw new NotSupported();
    reader.at += name[0].length;
    const accepts: Accepts = (code) => property.test(String.fromCodePoint(code));
    return character === "P" ? not(accepts) : accepts;
  }
  if (character === "x") return readHex(reader, 2);
  if (character === "u") return readHex(reader, 4);
  const escaped = ESCAPES.get(character);
  if (escaped !== undefined) return escaped;
  if (/[A-Za-z0-9]/.test(character)) throw new NotSupported();
  return character;
}

/** Reads a class `[…]` after its opening bracket. */
function readClass(reader: Reader): Accepts {
  const isNegated = eat(reader, "^");
  const parts: Accepts[] = [];
  for (let isFirst = true; isFirst || !eat(reader, "]"); isFirst = false) {
    if (reader.text.startsWith("[", reader.at) || reader.text.startsWith("&&", reader.at)) {
      throw new NotSupported();
    }
    const character = takeCharacter(reader);
    const low = character === "\\" ? readEscape(reader) : character;
    if (typeof low !== "string") {
      parts.push(low);
      continue;
    }
    const isRange = reader.text.charAt(reader.at) === "-" &&
      !["]", ""].includes(reader.text.charAt(reader.at + 1));
    if (!isRange) {
      parts.push(exactly(low, reader.flags));
      continue;
    }
    reader.at++;
    const end = takeCharacter(reader);
    const high = end === "\\" ? readEscape(reader) : end;
    if (typeof high !== "string") throw new NotSupported();
    parts.push(between(low, high, reader.flags));
  }
  const accepts: Accepts = (code) => parts.some((part) => part(code));
  return isNegated ? not(accepts) : accepts;
}

function between(low: string, high: string, { ignoreCase }: RegexFlags): Accepts {
  const [first = 0, last = 0] = [low.codePointAt(0), high.codePointAt(0)];
  if (first > last) throw new NotSupported();
  const inside: Accepts = (code) => code >= first && code <= last;
  if (!ignoreCase) return inside;
  return (code) =>
    inside(code) || inside(asciiLower(code)) ||
    (code >= 0x61 && code <= 0x7a && inside(code - 0x20));
}

const isLineEnd: Accepts = (code) =>
  code === 10 || code === 13 || code === 0x85 || code === 0x2028 || code === 0x2029;

function readGroup(reader: Reader): Node {
  if (reader.depth >= MAX_REGEX_DEPTH) throw new NotSupported();
  const isPlain = eat(reader, "?:");
  const named = /^\?<[A-Za-z][A-Za-z0-9]{0,40}>/.exec(reader.text.slice(reader.at, reader.at + 50));
  if (named !== null) reader.at += named[0].length;
  if (!isPlain && reader.text.charAt(reader.at) === "?") throw new NotSupported();
  const slot = isPlain ? 0 : ++reader.groups * 2;
  reader.depth++;
  const of = readAlternatives(reader);
  reader.depth--;
  if (!eat(reader, ")")) throw new NotSupported();
  return isPlain ? of : { kind: "group", of, slot };
}

/** Reads one item without its quantifier. */
function readItem(reader: Reader): Node {
  const character = takeCharacter(reader);
  const take = (accepts: Accepts): Node => ({ kind: "step", step: { kind: "take", accepts } });
  const stand = (kind: "start" | "end" | "word-edge" | "no-word-edge"): Node => ({
    kind: "step",
    step: { kind },
  });
  switch (character) {
    case "(":
      return readGroup(reader);
    case "[":
      return take(readClass(reader));
    case ".":
      return take(reader.flags.dotAll ? () => true : not(isLineEnd));
    case "^":
      return stand("start");
    case "$":
      return stand("end");
    case "*":
    case "+":
    case "?":
    case "{":
      throw new NotSupported();
    case "\\":
      if (eat(reader, "b")) return stand("word-edge");
      if (eat(reader, "B")) return stand("no-word-edge");
  }
  const read = character === "\\" ? readEscape(reader) : character;
  return take(typeof read === "string" ? exactly(read, reader.flags) : read);
}

const QUANTIFIER = /^(?:([*+?])|\{(\d{1,4})(?:(,)(\d{1,4})?)?\})([?+])?/;

/** Reads a quantifier, if there is one, and repeats the item. */
function readQuantifier(reader: Reader, of: Node): Node {
  const match = QUANTIFIER.exec(reader.text.slice(reader.at, reader.at + 15));
  if (match === null) return of;
  const [all, sign, low, comma, high, kind] = match;
  const least = sign === undefined ? Number(low) : sign === "+" ? 1 : 0;
  const isOpen = sign === undefined ? comma !== undefined && high === undefined : sign !== "?";
  const most = isOpen ? Infinity : sign === "?" ? 1 : Number(high ?? low);
  if (kind === "+" || most < least) throw new NotSupported();
  reader.at += all.length;
  return { kind: "repeat", of, least, most, isLazy: kind === "?" };
}

function readSequence(reader: Reader): Node {
  const parts: Node[] = [];
  while (reader.at < reader.text.length && !"|)".includes(reader.text.charAt(reader.at))) {
    parts.push(readQuantifier(reader, readItem(reader)));
  }
  return { kind: "all", parts };
}

function readAlternatives(reader: Reader): Node {
  const parts = [readSequence(reader)];
  while (eat(reader, "|")) parts.push(readSequence(reader));
  return parts[0] !== undefined && parts.length === 1 ? parts[0] : { kind: "either", parts };
}

type Fork = Extract<Step, { kind: "fork" }>;

/** Writes instructions. `work` bounds what parts without instructions cost. */
class Writer {
  readonly steps: Step[] = [];
  #work = 0;

  #push(step: Step): void {
    this.steps.push(step);
  }

  #fork(): Fork {
    const fork: Fork = { kind: "fork", first: 0, second: 0 };
    this.#push(fork);
    return fork;
  }

  write(node: Node): void {
    if (++this.#work > MAX_REGEX_STEPS) throw new NotSupported();
    switch (node.kind) {
      case "step":
        return this.#push(node.step);
      case "all":
        return node.parts.forEach((part) => this.write(part));
      case "group":
        this.#push({ kind: "save", slot: node.slot });
        this.write(node.of);
        return this.#push({ kind: "save", slot: node.slot + 1 });
      case "either":
        return this.#writeEither(node.parts);
      case "repeat":
        return this.#writeRepeat(node);
    }
  }

  #writeEither(parts: readonly Node[]): void {
    const leaves: Extract<Step, { kind: "go" }>[] = [];
    parts.forEach((part, index) => {
      if (index === parts.length - 1) return this.write(part);
      const fork = this.#fork();
      fork.first = this.steps.length;
      this.write(part);
      const leave: Step = { kind: "go", to: 0 };
      this.#push(leave);
      leaves.push(leave);
      fork.second = this.steps.length;
    });
    for (const leave of leaves) leave.to = this.steps.length;
  }

  #writeRepeat({ of, least, most, isLazy }: Extract<Node, { kind: "repeat" }>): void {
    for (let count = 0; count < least; count++) this.write(of);
    const forks: (readonly [Fork, number])[] = [];
    if (most === Infinity) {
      const at = this.steps.length;
      forks.push([this.#fork(), at + 1]);
      this.write(of);
      this.#push({ kind: "go", to: at });
    } else {
      for (let count = least; count < most; count++) {
        forks.push([this.#fork(), this.steps.length]);
        this.write(of);
      }
    }
    const outside = this.steps.length;
    for (const [fork, inside] of forks) {
      [fork.first, fork.second] = isLazy ? [outside, inside] : [inside, outside];
    }
  }
}

/**
 * Compiles a regular expression of the platform's runtime: classes, groups, alternatives, quantifiers and anchors.
 *
 * @returns `undefined` for one that is not valid, that is too large, or that looks around or back: such an expression
 * cannot be run in linear time
 */
export function compileRegex(text: string, flags: RegexFlags): Program | undefined {
  const reader: Reader = { text, at: 0, groups: 0, depth: 0, flags };
  try {
    const node = readAlternatives(reader);
    if (reader.at < text.length) return undefined;
    const writer = new Writer();
    writer.write({ kind: "group", of: node, slot: 0 });
    return { steps: [...writer.steps, { kind: "done" }], groups: reader.groups, flags };
  } catch (error) {
    if (error instanceof NotSupported) return undefined;
    throw error;
  }
}
