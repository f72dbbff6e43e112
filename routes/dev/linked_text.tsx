import type { JSX } from "hono/jsx/jsx-runtime";

/** An address in a text. */
interface Link {
  readonly start: number;
  readonly end: number;
  readonly href: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/gi;
/** What ends a sentence or a bracket rather than an address. */
const TAIL = /[.,;:!?)\]}*_]+$/;

/** The addresses of a text, in order; only those of the web, so that a text cannot make another kind of link. */
function findLinks(text: string): readonly Link[] {
  return [...text.matchAll(ADDRESS)].flatMap(({ 0: match, index }) => {
    const href = match.replace(TAIL, "");
    return URL.canParse(href) ? [{ start: index, end: index + href.length, href }] : [];
  });
}

/** A text, or a part of it. */
export interface LinkedTextProps {
  readonly text: string;
  /** UTF-16 index; the beginning unless told. */
  readonly start?: number;
  /** UTF-16 index behind the last character; the end unless told. */
  readonly end?: number;
}

/** The part of `text` from `start` to `end`, with its addresses as links, which may begin or end outside it. */
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
