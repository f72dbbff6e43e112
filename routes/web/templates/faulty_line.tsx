import type { JSX } from "hono/jsx/jsx-runtime";

/** How many characters of a line stand before and after the place that is marked. */
const AROUND = 40;

interface FaultyLineProps {
  readonly body: string;
  /** Line and column, from 1; `undefined` for a fault of the whole text. */
  readonly at: { readonly line: number; readonly column: number } | undefined;
}

/** The line of a text that has a fault, with the place marked. */
export function FaultyLine({ body, at }: FaultyLineProps): JSX.Element | null {
  if (at === undefined) return null;
  const line = body.split(/\r\n|\n|\r/)[at.line - 1] ?? "";
  const start = Math.max(0, at.column - 1 - AROUND);
  const place = at.column - 1;
  // A tag or a word; a fault at the end of a line marks the last character.
  const word = /^(?:\[?\/?#?[\w.${]+|.)/.exec(line.slice(place))?.[0] ?? "";
  const marked = word === "" ? line.slice(-1) : word;
  const from = word === "" ? Math.max(0, line.length - 1) : place;
  return (
    <p class="faulty-line">
      <code>
        {start > 0 ? "…" : ""}
        {line.slice(start, from)}
        <mark class="bad">{marked}</mark>
        {line.slice(from + marked.length, from + marked.length + AROUND)}
      </code>
    </p>
  );
}
