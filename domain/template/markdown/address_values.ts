/** Values that continue a web address of the template: `https://example.com/((id))` and `[text](https://…?q=((name)))`. */
import type { Placeholder, Segment } from "../segments.ts";
import { isSpaceCode } from "../../python_compat/text.ts";

/** How an address of the author's ends where a placeholder follows: bare, or as the target of a link. */
const BEGINS = /\]\(|https?:\/\//gi;

/** The text after the last white space. */
function lastWord(text: string): string {
  let at = text.length;
  while (at > 0 && !isSpaceCode(text.charCodeAt(at - 1))) at--;
  return text.slice(at);
}

type Address = "none" | "bare" | "target";

/** What the text goes on with after a word: an address that has begun in it, or before it. */
function addressAfter(word: string, before: Address): Address {
  let address = before;
  let from = 0;
  for (const match of word.matchAll(BEGINS)) {
    if (match[0] === "](") {
      address = "target";
      from = match.index + match[0].length;
    } else if (address === "none") address = "bare";
  }
  return address === "target" && word.includes(")", from) ? "none" : address;
}

const found = new WeakMap<readonly Segment[], ReadonlySet<Placeholder>>();

function find(segments: readonly Segment[]): ReadonlySet<Placeholder> {
  const placeholders = new Set<Placeholder>();
  let address: Address = "none";
  for (const segment of segments) {
    if (typeof segment === "string") {
      const word = lastWord(segment);
      address = addressAfter(word, word === segment ? address : "none");
    } else if (segment.kind === "placeholder" && address !== "none") {
      if (segment.conditionalText === undefined) placeholders.add(segment);
    }
  }
  return placeholders;
}

/** Finds the placeholders of a template that continue a web address or the target of a link in its own text. */
export function placeholdersInAddresses(segments: readonly Segment[]): ReadonlySet<Placeholder> {
  const known = found.get(segments) ?? find(segments);
  found.set(segments, known);
  return known;
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
