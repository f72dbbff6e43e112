/** Puts values into HTML that an author wrote, so that they add text and nothing else. */
import { decodeReferences, escapeAttribute } from "../html_text.ts";
import { mayStay } from "./address.ts";
import { findTextPlaces, type TextPlace } from "./scan.ts";

/** A stretch of a filled template, first to last. */
export interface HtmlPiece {
  readonly text: string;
  readonly isValue: boolean;
}

/**
 * Stands for a value while the author's HTML is read, and stays where no text may stand: in a tag outside of quotes, in a
 * script, a style or a comment. It begins no tag and ends nothing, so what is read then is what comes out.
 */
const VALUE_SENTINEL = "_";
/** Stands for an address that may not stay. */
const NO_ADDRESS = "#";

const ADDRESSES: ReadonlySet<string> = new Set([
  "action",
  "background",
  "cite",
  "codebase",
  "data",
  "dynsrc",
  "formaction",
  "href",
  "longdesc",
  "lowsrc",
  "manifest",
  "poster",
  "src",
  "xlink:href",
]);
/**
 * What is run or read as a document has no place for values; nor has what may hold addresses beside other things, where
 * none can be told from the rest: styles, lists of addresses, and the `content` of `<meta http-equiv="refresh">`. Which
 * tag an attribute is of is not known here, so that `content` has none in any.
 */
const NO_VALUES = /^(?:on|(?:content|imagesrcset|ping|srcdoc|srcset|style)$)/;
/** Something that a value behind it could make a tag of, in at most so many characters. */
const BEGUN_TAG = /<\/?[a-z]{0,16}$/i;
const BEGUN_TAG_LENGTH = 18;

interface Patch {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function applyPatches(text: string, patches: readonly Patch[]): string {
  let out = "";
  let from = 0;
  for (const patch of patches) {
    out += text.slice(from, patch.start) + patch.text;
    from = patch.end;
  }
  return out + text.slice(from);
}

/** The values in their place in the author's HTML, by offset. */
interface Skeleton {
  readonly html: string;
  readonly values: readonly { readonly at: number; readonly text: string }[];
}

function toSkeleton(pieces: readonly HtmlPiece[]): Skeleton {
  const values: { at: number; text: string }[] = [];
  let html = "";
  for (const { text, isValue } of pieces) {
    // One that is empty changes nothing: it is not there.
    if (isValue && text !== "") values.push({ at: html.length, text });
    html += isValue && text !== "" ? VALUE_SENTINEL : isValue ? "" : text;
  }
  return { html, values };
}

function valuePatch({ at, text }: Skeleton["values"][number]): Patch {
  return { start: at, end: at + VALUE_SENTINEL.length, text: escapeAttribute(text) };
}

/** A `<` of the author's that a value behind it could make a tag of becomes text. */
function begunTag(html: string, place: TextPlace, at: number, done: number): Patch | undefined {
  const from = Math.max(place.start, done, at - BEGUN_TAG_LENGTH);
  const found = BEGUN_TAG.exec(html.slice(from, at));
  if (found === null) return undefined;
  const start = from + found.index;
  return { start, end: start + 1, text: "&lt;" };
}

function judgeAddress(
  html: string,
  { start, end }: TextPlace,
  patches: readonly Patch[],
): readonly Patch[] {
  const authors: string[] = [];
  let from = start;
  for (const patch of patches) {
    authors.push(decodeReferences(html.slice(from, patch.start)));
    from = patch.end;
  }
  authors.push(decodeReferences(html.slice(from, end)));
  const values = patches.map(({ text }) => decodeReferences(text));
  const inner = patches.map((patch) => ({
    ...patch,
    start: patch.start - start,
    end: patch.end - start,
  }));
  const address = decodeReferences(applyPatches(html.slice(start, end), inner));
  return mayStay({ authors, values, address }) ? patches : [{ start, end, text: NO_ADDRESS }];
}

/**
 * The author's HTML, unchanged, with values: as text, or in attributes in quotes. A value adds no tag and no attribute, and
 * no address whose scheme it begins itself but `http`, `https`, `mailto` and `tel`. Behind a host that the author wrote it
 * leads nowhere else. Elsewhere, and in attributes such as `onclick`, `style` and `content`, `_` stands for it.
 */
export function putValues(pieces: readonly HtmlPiece[]): string {
  const { html, values } = toSkeleton(pieces);
  if (values.length === 0) return html;
  const patches: Patch[] = [];
  let next = 0;
  let done = 0;
  findTextPlaces(html, (place) => {
    const { start, end, attribute } = place;
    while ((values[next]?.at ?? Infinity) < start) next++;
    const own: Patch[] = [];
    for (; (values[next]?.at ?? Infinity) < end; next++) {
      const value = values[next];
      if (value === undefined || (attribute !== undefined && NO_VALUES.test(attribute))) continue;
      const begun = attribute === undefined ? begunTag(html, place, value.at, done) : undefined;
      if (begun !== undefined) own.push(begun);
      own.push(valuePatch(value));
      done = value.at + VALUE_SENTINEL.length;
    }
    const isAddress = attribute !== undefined && ADDRESSES.has(attribute);
    patches.push(...(isAddress && own.length > 0 ? judgeAddress(html, place, own) : own));
  });
  return applyPatches(html, patches);
}
