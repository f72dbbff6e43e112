/** The text from which directives are read. In an HTML template, character references are decoded for this. */
import { decodeReferences } from "../html_text.ts";

/**
 * A text to read directives from, and the conversion of offsets between it and the template. Offsets are UTF-16 units.
 */
export interface Source {
  readonly text: string;
  /** The offset in this text of an offset in the template. */
  readonly fromTemplate: (at: number) => number;
  /** The offset in the template of an offset in this text. */
  readonly toTemplate: (at: number) => number;
}

const REFERENCE = /&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});/g;

/** What directives and outputs begin with, or a reference that may stand for it. */
const MAY_HAVE_DIRECTIVE = /[$[]|#\{|<\/?[#@]|&(?:#|dollar;|lbrack;|lsqb;|num;|lt;)/;

/** References that {@link decodeReferences} keeps, so that authors of other templates can write them. */
const KEPT: readonly (readonly [string, string])[] = [["&nbsp;", "\u00a0"], ["&amp;", "&"]];

/** Returns the template's text unchanged, with equal offsets. */
export function plainSource(text: string): Source {
  return { text, fromTemplate: (at) => at, toTemplate: (at) => at };
}

/** Places of the two texts that correspond, in order. */
interface Places {
  readonly template: number[];
  readonly decoded: number[];
}

/** Converts an offset: it lies as far behind the last corresponding place, but before the next one. */
function convert(at: number, from: readonly number[], to: readonly number[]): number {
  let low = 0;
  let high = from.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((from[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  const next = to[low + 1] ?? Infinity;
  return Math.min((to[low] ?? 0) + at - (from[low] ?? 0), next);
}

/**
 * The text with its character references read, such as `&gt;` and `&quot;`: a program that writes HTML writes them also
 * within directives.
 */
export function decodedSource(text: string): Source {
  if (!text.includes("&") || !MAY_HAVE_DIRECTIVE.test(text)) return plainSource(text);
  const places: Places = { template: [0], decoded: [0] };
  /** What each reference stands for, so that one that is repeated is decoded once. */
  const known = new Map(KEPT);
  let shorter = 0;
  const decoded = text.replace(REFERENCE, (reference, at: number) => {
    const characters = known.get(reference) ?? decodeReferences(reference);
    known.set(reference, characters);
    if (characters === reference) return reference;
    const decodedAt = at - shorter;
    places.template.push(at, at + reference.length);
    places.decoded.push(decodedAt, decodedAt + characters.length);
    shorter += reference.length - characters.length;
    return characters;
  });
  return {
    text: decoded,
    fromTemplate: (at) => convert(at, places.template, places.decoded),
    toTemplate: (at) => convert(at, places.decoded, places.template),
  };
}
