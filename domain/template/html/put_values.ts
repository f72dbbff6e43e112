/** Inserts values into an author's HTML so that they add only text. */
import { decodeReferences, escapeAttribute } from "../html_text.ts";
import { mayStay } from "./address.ts";
import { findTextPlaces, type TextPlace } from "./scan.ts";

/**
 * A piece of a filled HTML template: an unescaped value (`isValue`), or HTML that the author wrote. The written form of
 * a placeholder without a value counts as a value too.
 */
export interface HtmlPiece {
  readonly text: string;
  readonly isValue: boolean;
}

/**
 * Sentinel used while scanning the author's HTML. It is left in positions where a value would be unsafe: unquoted in a
 * tag, in a script, a style or a comment. It starts and ends no HTML construct, so the scan sees the final structure.
 */
const VALUE_SENTINEL = "_";
/** Replaces an unsafe address. */
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
 * Attributes that take no values: those that are run or parsed as a document, and those in which addresses are mixed
 * with other text (styles, lists of addresses, the `content` of `<meta http-equiv="refresh">`). The scan does not know
 * an attribute's tag, so `content` takes no values in any tag.
 */
const NO_VALUES = /^(?:on|(?:content|imagesrcset|ping|srcdoc|srcset|style)$)/;
/** Text that a following value could turn into a tag, of bounded length. */
const UNFINISHED_TAG = /<\/?[a-z]{0,16}$/i;
const UNFINISHED_TAG_LENGTH = 18;

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

/** The author's HTML with a sentinel for each value, and the values by offset. */
interface Skeleton {
  readonly html: string;
  readonly values: readonly { readonly at: number; readonly text: string }[];
}

function toSkeleton(pieces: readonly HtmlPiece[]): Skeleton {
  const values: { at: number; text: string }[] = [];
  let html = "";
  for (const { text, isValue } of pieces) {
    // An empty value changes nothing and gets no sentinel.
    if (isValue && text !== "") values.push({ at: html.length, text });
    html += isValue && text !== "" ? VALUE_SENTINEL : isValue ? "" : text;
  }
  return { html, values };
}

function valuePatch({ at, text }: Skeleton["values"][number]): Patch {
  return { start: at, end: at + VALUE_SENTINEL.length, text: escapeAttribute(text) };
}

/** Escapes an author's `<` that the following value could turn into a tag. */
function escapeUnfinishedTag(
  html: string,
  place: TextPlace,
  at: number,
  done: number,
): Patch | undefined {
  const from = Math.max(place.start, done, at - UNFINISHED_TAG_LENGTH);
  const match = UNFINISHED_TAG.exec(html.slice(from, at));
  if (match === null) return undefined;
  const start = from + match.index;
  return { start, end: start + 1, text: "&lt;" };
}

function checkAddress(
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
 * Inserts values into the author's HTML, which is otherwise unchanged. Values in text and in quoted attributes are
 * escaped, so that they cannot add a tag or an attribute. In other positions, and in attributes such as `onclick`,
 * `style` and `content`, `_` replaces a value.
 *
 * In attributes that hold an address, such as `href`, `#` replaces an address that its values make unsafe: one that
 * begins with a value and has another scheme than `http`, `https`, `mailto` or `tel`, one that runs a script, or one
 * whose value changes the host that the author began.
 *
 * @param pieces the author's HTML and the unescaped values, in order
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
      const escapedTag = attribute === undefined
        ? escapeUnfinishedTag(html, place, value.at, done)
        : undefined;
      if (escapedTag !== undefined) own.push(escapedTag);
      own.push(valuePatch(value));
      done = value.at + VALUE_SENTINEL.length;
    }
    const isAddress = attribute !== undefined && ADDRESSES.has(attribute);
    patches.push(...(isAddress && own.length > 0 ? checkAddress(html, place, own) : own));
  });
  return applyPatches(html, patches);
}
