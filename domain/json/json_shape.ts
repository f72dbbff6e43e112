import type { Steps } from "../steps/steps.ts";
import { endOfNumber, JSON_CODES, skipString } from "./json_text.ts";

/**
 * The shape of a JSON text, checked before it is parsed: `JSON.parse` of 400,000 keys holds the event loop for half a
 * second, and this reads 5 MB in 10 ms and stops at the first limit.
 */

/**
 * The most levels of arrays and objects in the JSON body of a request. A body that exceeds a limit of this file is
 * refused.
 */
export const MAX_JSON_DEPTH = 10;
/** The most values, keys included, in a body. */
export const MAX_JSON_NODES = 100_000;
/** The most keys of one object. */
export const MAX_OBJECT_KEYS = 1_000;
/** The most items of one array. */
export const MAX_ARRAY_ITEMS = 100_000;
/** The most characters of one key, as written. */
export const MAX_KEY_CHARACTERS = 1_000;
/** The most characters of one number, as written. */
export const MAX_NUMBER_CHARACTERS = 1_000;

/**
 * How much the JSON text of a request may hold. A text that exceeds one of the limits is refused before it is parsed.
 */
export interface JsonLimits {
  /** Max levels of nested arrays and objects. */
  readonly depth: number;
  /** Max values in the text, keys included. */
  readonly nodes: number;
  /** Max keys of one object. */
  readonly objectKeys: number;
  /** Max items of one array. */
  readonly arrayItems: number;
  /** Max characters of one key, as written. */
  readonly keyCharacters: number;
  /** Max characters of one number, as written. */
  readonly numberCharacters: number;
}

/** The default limits of a request's body. */
export const JSON_LIMITS: JsonLimits = {
  depth: MAX_JSON_DEPTH,
  nodes: MAX_JSON_NODES,
  objectKeys: MAX_OBJECT_KEYS,
  arrayItems: MAX_ARRAY_ITEMS,
  keyCharacters: MAX_KEY_CHARACTERS,
  numberCharacters: MAX_NUMBER_CHARACTERS,
};

/** The most values, keys included, in a body with a list of messages or recipients. */
export const MAX_LIST_NODES = 1_000_000;

/** The limits of a body with a list of messages or recipients: the default ones, but {@link MAX_LIST_NODES} values. */
export const JSON_LIST_LIMITS: JsonLimits = { ...JSON_LIMITS, nodes: MAX_LIST_NODES };

/** The first limit that a JSON text exceeds (`limit`), and the greatest value that it allows (`max`). */
export interface JsonShapeFault {
  readonly limit: keyof JsonLimits;
  readonly max: number;
}

/** How many characters are read between two steps. */
const STEP_CHARACTERS = 262_144;

/**
 * Finds the first limit that a JSON text exceeds, before it is parsed. It yields after every few hundred thousand
 * characters, so that the caller can serve other requests, and takes time linear in the length read. A text that is not
 * valid JSON is counted as far as it looks like JSON; the parser refuses it afterwards.
 *
 * @returns `undefined` where the text is within all limits
 */
export function* findJsonShapeFault(
  text: string,
  limits: JsonLimits,
): Steps<JsonShapeFault | undefined> {
  const exceeded = (limit: keyof JsonLimits): JsonShapeFault => ({ limit, max: limits[limit] });
  /** The keys so far of each open object; of each open array, minus one for each comma and one more. */
  const counts: number[] = [];
  let nodes = 1;
  let lastString = 0;
  let stepEnd = STEP_CHARACTERS;
  for (let at = 0; at < text.length; at++) {
    if (at >= stepEnd) {
      stepEnd = at + STEP_CHARACTERS;
      yield;
    }
    const code = text.charCodeAt(at);
    if (code === JSON_CODES.quote) {
      let end = skipString(text, at, at, stepEnd);
      while (end === undefined) {
        const from = stepEnd;
        stepEnd += STEP_CHARACTERS;
        yield;
        end = skipString(text, at, from, stepEnd);
      }
      lastString = end - at - 1;
      at = end;
    } else if (code === JSON_CODES.openObject || code === JSON_CODES.openArray) {
      const start = code === JSON_CODES.openArray ? -1 : 0;
      if (counts.push(start) > limits.depth) return exceeded("depth");
      if (++nodes > limits.nodes) return exceeded("nodes");
    } else if (code === JSON_CODES.closeObject || code === JSON_CODES.closeArray) {
      counts.pop();
    } else if (code === JSON_CODES.comma) {
      if (++nodes > limits.nodes) return exceeded("nodes");
      const count = counts.at(-1) ?? 0;
      if (count < 0) {
        if (1 - count > limits.arrayItems) return exceeded("arrayItems");
        counts[counts.length - 1] = count - 1;
      }
    } else if (code === JSON_CODES.colon) {
      if (lastString > limits.keyCharacters) return exceeded("keyCharacters");
      if (++nodes > limits.nodes) return exceeded("nodes");
      const count = (counts.at(-1) ?? 0) + 1;
      if (count > limits.objectKeys) return exceeded("objectKeys");
      // A colon in an array is for the parser to refuse.
      if (count > 0 && counts.length > 0) counts[counts.length - 1] = count;
    } else if (
      code === JSON_CODES.minus || (code >= JSON_CODES.digit0 && code <= JSON_CODES.digit9)
    ) {
      const end = endOfNumber(text, at);
      if (end - at > limits.numberCharacters) return exceeded("numberCharacters");
      at = end - 1;
    }
  }
  return undefined;
}
