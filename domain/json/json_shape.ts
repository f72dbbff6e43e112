/**
 * The shape of a JSON text, checked before it is parsed: `JSON.parse` of 400,000 keys holds the event loop for half a
 * second, and this reads 5 MB in 10 ms and stops at the first limit.
 */

/** Levels of arrays and objects in a body. */
export const MAX_JSON_DEPTH = 10;
/** Values, keys included, in a body. */
export const MAX_JSON_NODES = 100_000;
/** Keys of one object. */
export const MAX_OBJECT_KEYS = 1_000;
/** Characters of one key, as written. */
export const MAX_KEY_CHARACTERS = 1_000;
/** Characters of one number, as written. */
export const MAX_NUMBER_CHARACTERS = 1_000;

/** How much of each thing a JSON text may hold. */
export interface JsonLimits {
  readonly depth: number;
  readonly nodes: number;
  readonly objectKeys: number;
  readonly keyCharacters: number;
  readonly numberCharacters: number;
}

/** The limits of a body that its API states no others for. */
export const JSON_LIMITS: JsonLimits = {
  depth: MAX_JSON_DEPTH,
  nodes: MAX_JSON_NODES,
  objectKeys: MAX_OBJECT_KEYS,
  keyCharacters: MAX_KEY_CHARACTERS,
  numberCharacters: MAX_NUMBER_CHARACTERS,
};

/** The limit that a JSON text exceeds. */
export interface JsonShapeFault {
  readonly limit: keyof JsonLimits;
  readonly max: number;
}

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const DIGIT_0 = 48;
const DIGIT_9 = 57;
const COLON = 58;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/**
 * Finds the first limit that a text exceeds. Linear in the length read. A text that is not valid JSON is counted as
 * far as it looks like JSON; the parser refuses it afterwards.
 *
 * @returns `undefined` where the text is within all limits
 */
export function findJsonShapeFault(text: string, limits: JsonLimits): JsonShapeFault | undefined {
  const exceeded = (limit: keyof JsonLimits): JsonShapeFault => ({ limit, max: limits[limit] });
  /** The keys so far of each open object, 0 for an open array. */
  const keys: number[] = [];
  let nodes = 1;
  let lastString = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      lastString = end - at - 1;
      at = end;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      if (keys.push(0) > limits.depth) return exceeded("depth");
      if (++nodes > limits.nodes) return exceeded("nodes");
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      keys.pop();
    } else if (code === COMMA) {
      if (++nodes > limits.nodes) return exceeded("nodes");
    } else if (code === COLON) {
      if (lastString > limits.keyCharacters) return exceeded("keyCharacters");
      if (++nodes > limits.nodes) return exceeded("nodes");
      const count = (keys.at(-1) ?? 0) + 1;
      if (count > limits.objectKeys) return exceeded("objectKeys");
      if (keys.length > 0) keys[keys.length - 1] = count;
    } else if (code === MINUS || (code >= DIGIT_0 && code <= DIGIT_9)) {
      const end = endOfNumber(text, at);
      if (end - at > limits.numberCharacters) return exceeded("numberCharacters");
      at = end - 1;
    }
  }
  return undefined;
}

/** Where the string that begins at `from` ends: its closing quote, or the end of the text. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  while (end !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** The first position after the number that begins at `from`. */
function endOfNumber(text: string, from: number): number {
  let end = from + 1;
  while (end < text.length && isOfNumber(text.charCodeAt(end))) end++;
  return end;
}

function isOfNumber(code: number): boolean {
  // Digits, and the signs, point and exponent that a number may hold.
  return (code >= DIGIT_0 && code <= DIGIT_9) || code === MINUS || code === 43 || code === 46 ||
    code === 101 || code === 69;
}
