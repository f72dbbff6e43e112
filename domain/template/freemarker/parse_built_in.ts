/** Parses what follows a `?`: the name of a built-in and its parameters. */
import { type BuiltIn, isBuiltIn, takesParameters, takesTests } from "./built_ins.ts";
import { type Expression, POSITIONS } from "./expression.ts";
import {
  isMark,
  isName,
  needMark,
  peek,
  type Reader,
  Stop,
  take,
  takeMark,
  unexpected,
} from "./expression_reader.ts";
import type { Token } from "./tokens.ts";

type ReadOr = (reader: Reader, depth: number) => Expression;

const POSITION_NAMES: ReadonlySet<string> = new Set(POSITIONS);
/** Built-ins whose parameter may be written as a field: `?string.short`. */
const WITH_FORMAT: ReadonlySet<string> = new Set(["string", "date", "time", "datetime"]);
const NEEDS_MARKUP: ReadonlySet<string> = new Set(["esc", "no_esc", "markup_string"]);

const ESCAPING: ReadonlySet<string> = new Set(["html", "xhtml", "xml", "rtf"]);

function isPosition(name: string): name is typeof POSITIONS[number] {
  return POSITION_NAMES.has(name);
}

/** Names of built-ins have two spellings: `upperCase` is `upper_case`. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Reads `x -> …` or `(x) -> …`, if that is here. */
function readLambda(reader: Reader, depth: number, readOr: ReadOr): Expression | undefined {
  const [a, b, c, d] = reader.tokens.slice(reader.next, reader.next + 4);
  if (a === undefined || b === undefined) return undefined;
  const isBare = isName(a) && isMark(b, "->");
  const isBracketed = isMark(a, "(") && isName(b) && c !== undefined && isMark(c, ")") &&
    d !== undefined && isMark(d, "->");
  if (!isBare && !isBracketed) return undefined;
  reader.next += isBare ? 2 : 4;
  return { kind: "lambda", name: (isBare ? a : b).text, body: readOr(reader, depth) };
}

function readParameters(
  reader: Reader,
  name: BuiltIn,
  depth: number,
  readOr: ReadOr,
): readonly Expression[] {
  if (!takeMark(reader, "(")) return readFormat(reader, name);
  const several: Expression[] = [];
  if (takeMark(reader, ")")) return several;
  do {
    const lambda = takesTests(name) ? readLambda(reader, depth, readOr) : undefined;
    several.push(lambda ?? readOr(reader, depth));
  } while (takeMark(reader, ","));
  needMark(reader, ")");
  return several;
}

/** Reads `.short` or `["0.00"]` after `?string` and its kin. */
function readFormat(reader: Reader, name: BuiltIn): readonly Expression[] {
  if (!WITH_FORMAT.has(name)) return [];
  const [, format, close] = reader.tokens.slice(reader.next, reader.next + 3);
  if (format === undefined) return [];
  const value: Expression = { kind: "literal", value: format.text };
  if (isMark(peek(reader), ".") && isName(format)) {
    reader.next += 2;
    return [value];
  }
  const isQuoted = isMark(peek(reader), "[") && format.kind === "string" &&
    format.parts === undefined && close !== undefined && isMark(close, "]");
  if (!isQuoted) return [];
  reader.next += 3;
  return [value];
}

function refuseBuiltIn(name: string, token: Token): Stop {
  const message = `There is no built-in ?${name.slice(0, 40)} here`;
  return new Stop("unknown-built-in", token.at, message);
}

/**
 * Reads the name and the parameters of a built-in after its `?`.
 *
 * @param of the expression before the `?`
 * @param depth how deep the expression nests
 * @param readOr reads one parameter
 * @throws {Stop} for an unknown built-in, or one that is not allowed here or with these parameters
 */
export function readBuiltIn(
  reader: Reader,
  of: Expression,
  depth: number,
  readOr: ReadOr,
): Expression {
  const token = take(reader);
  if (token.kind !== "name") throw unexpected(token);
  const name = snakeCase(token.text);
  if (isPosition(name)) {
    if (of.kind !== "variable" || !reader.items.includes(of.name)) {
      const message = `?${name} is for the item of a [#list] only`;
      throw new Stop("expression-not-valid", token.at, message);
    }
    const parameters = name === "item_cycle" ? readCycle(reader, depth, readOr, token) : [];
    return { kind: "position", item: of.name, of: name, parameters };
  }
  if (!isBuiltIn(name)) throw refuseBuiltIn(token.text, token);
  if (NEEDS_MARKUP.has(name) && reader.hasMarkup !== true) {
    const message = `?${name} needs an output format with markup: [#ftl output_format="HTML"]`;
    throw new Stop("expression-not-valid", token.at, message);
  }
  if (ESCAPING.has(name) && reader.isEscaping === true) {
    const message = `?${name} would escape twice: the output format escapes already`;
    throw new Stop("expression-not-valid", token.at, message);
  }
  const isCalled = isMark(peek(reader), "(");
  const parameters = readParameters(reader, name, depth, readOr);
  const isUrl = name === "url" || name === "url_path";
  const isNoFunction = isCalled && reader.isChecked === true && !takesParameters(name, 1) &&
    !takesParameters(name, 2);
  const isBareUrl = isUrl && parameters.length === 0 && reader.hasUrlCharset !== true;
  if (isBareUrl || isNoFunction || !takesParameters(name, parameters.length)) {
    const message = isBareUrl
      ? `?${name} needs the character set of the address: ?${name}("UTF-8")`
      : `?${name} does not take such parameters`;
    throw new Stop("expression-not-valid", token.at, message);
  }
  return { kind: "built-in", of, name, parameters };
}

function readCycle(
  reader: Reader,
  depth: number,
  readOr: ReadOr,
  token: Token,
): readonly Expression[] {
  const several: Expression[] = [];
  if (!takeMark(reader, "(") || takeMark(reader, ")")) {
    throw new Stop("expression-not-valid", token.at, "?item_cycle needs values");
  }
  do several.push(readOr(reader, depth)); while (takeMark(reader, ","));
  needMark(reader, ")");
  return several;
}
