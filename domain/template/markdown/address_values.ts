/** Values that continue a web address of the template: `https://example.com/((id))` and `[text](https://…?q=((name)))`. */
import type { Placeholder, Segment } from "../segments.ts";
import { isSpaceCode, SPACE_CLASS } from "../../python_compat/text.ts";

/** The text after the last white space. */
function lastWord(text: string): string {
  let at = text.length;
  while (at > 0 && !isSpaceCode(text.charCodeAt(at - 1))) at--;
  return text.slice(at);
}

const SPACE = new RegExp(`[${SPACE_CLASS}]`);

/**
 * Whether an address may go on after the text: one begins in its last word, or goes on through the whole of it. The text
 * may be one word of two megabytes, so the engine searches it and no loop does.
 *
 * @param may whether an address may go on before the text
 */
function mayGoOn(text: string, may: boolean): boolean {
  const begin = Math.max(text.lastIndexOf("]("), text.lastIndexOf("://"));
  if (begin === -1) return may && !SPACE.test(text);
  return !SPACE.test(text.slice(begin));
}

const found = new WeakMap<readonly Segment[], ReadonlySet<Placeholder>>();

function find(segments: readonly Segment[]): ReadonlySet<Placeholder> {
  const placeholders = new Set<Placeholder>();
  let may = false;
  const last = segments.length - 1;
  for (const [at, segment] of segments.entries()) {
    if (typeof segment === "string") {
      // No placeholder follows the last text.
      if (at < last) may = mayGoOn(segment, may);
    } else if (segment.kind === "placeholder") {
      if (may && segment.conditionalText === undefined) placeholders.add(segment);
      // The value may be the begin of an address.
      may = true;
    }
  }
  return placeholders;
}

/**
 * Finds the placeholders of a template that may continue a web address or the target of a link: one begins before them, or
 * a value stands there, without white space between.
 */
export function placeholdersInAddresses(segments: readonly Segment[]): ReadonlySet<Placeholder> {
  const known = found.get(segments) ?? find(segments);
  found.set(segments, known);
  return known;
}

/** How much of a text {@link endsInAddress} looks at, in characters. It keeps the time linear. */
export const LONGEST_ADDRESS = 2048;
const IN_TARGET = /\]\((?:\\.|[^)\\])*$/;
const IN_ADDRESS = /https?:\/\//i;

/** Whether a filled text ends in a web address or in the target of a link, which the next value continues. */
export function endsInAddress(text: string): boolean {
  const word = lastWord(text.slice(-LONGEST_ADDRESS));
  return IN_ADDRESS.test(word) || IN_TARGET.test(word);
}

/** Characters of a value that would end an address, or the target of a link, where they stand. */
const ENDS = /[ "<>«»“”„‟]|&[lg]t;|(?<!\\)[()]/g;
const REFERENCES: ReadonlyMap<string, string> = new Map([["&lt;", "%3C"], ["&gt;", "%3E"]]);

/**
 * Returns a value so that markdown reads all of it as part of the address that it continues. A bracket or a mark at the
 * end gets a backslash; other characters that no address has are percent-encoded, as the URL parser does. A value with
 * several lines, or one that begins or ends with white space, is no part of an address and is unchanged.
 *
 * @param value plain, or escaped for HTML
 */
export function addressValue(value: string): string {
  if (/^\s|\s$|[^\S ]/.test(value)) return value;
  return value.replace(
    ENDS,
    (mark) =>
      mark === "(" || mark === ")" ? `\\${mark}` : REFERENCES.get(mark) ?? encodeURIComponent(mark),
  ).replace(/(?<!\\)[.!]$/, "\\$&");
}
