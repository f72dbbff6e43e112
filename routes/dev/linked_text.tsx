import type { JSX } from "hono/jsx/jsx-runtime";

/** A web address in a text. */
interface Link {
  readonly start: number;
  readonly end: number;
  readonly href: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/gi;
/** Punctuation at the end of an address that belongs to the sentence around it. */
const TAIL = /[.,;:!?)\]}*_]+$/;

/** Finds the web addresses of a text, in order. Other schemes are not linked. */
function findLinks(text: string): readonly Link[] {
  return [...text.matchAll(ADDRESS)].flatMap(({ 0: match, index }) => {
    const href = match.replace(TAIL, "");
    return URL.canParse(href) ? [{ start: index, end: index + href.length, href }] : [];
  });
}

/** Properties of {@link LinkedText}. */
export interface LinkedTextProps {
  readonly text: string;
  /** UTF-16 index in `text` of the first character to show; 0 by default. */
  readonly start?: number;
  /** UTF-16 index in `text` after the last character to show; the end of `text` by default. */
  readonly end?: number;
}

/**
 * Shows the part of `text` from `start` to `end`, with its `http` and `https` addresses as links. Where only a piece of
 * an address is in that part, the piece links to the whole address. The text is escaped.
 */
export function LinkedText(
  { text, start = 0, end = text.length }: LinkedTextProps,
): JSX.Element {
  const pieces = [];
  let at = start;
  for (const link of findLinks(text)) {
    if (link.end <= start || link.start >= end) continue;
    const from = Math.max(link.start, start);
    const to = Math.min(link.end, end);
    pieces.push(text.slice(at, from));
    pieces.push(
      <a key={from} href={link.href} target="_blank" rel="noopener noreferrer">
        {text.slice(from, to)}
      </a>,
    );
    at = to;
  }
  pieces.push(text.slice(at, end));
  return <>{pieces}</>;
}
