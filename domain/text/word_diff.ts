/** The differences of two texts, word by word. */

/** A part of a text that both have, that only the earlier one has (`removed`), or only the later one (`added`). */
export interface DiffPart {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
}

/**
 * The most words that are removed and added together between two texts. Texts with more differences are shown as one
 * removed and one added part: the time and memory to compare them grow with the square of this number.
 */
export const MAX_EDITS = 1_000;

/** Words, runs of white space, and other characters singly. */
const TOKENS = /\s+|[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]/gu;

/** Compares two texts by words. The parts that are `same` or `removed` make up `before`, the others `after`. */
export function diffWords(before: string, after: string): readonly DiffPart[] {
  const [a, b] = [before.match(TOKENS) ?? [], after.match(TOKENS) ?? []];
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [oldWords, newWords] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  return joinParts([
    ...a.slice(0, start).map(same),
    ...shortestEdit(oldWords, newWords),
    ...a.slice(a.length - end).map(same),
  ]);
}

const same = (text: string): DiffPart => ({ kind: "same", text });
const removed = (text: string): DiffPart => ({ kind: "removed", text });
const added = (text: string): DiffPart => ({ kind: "added", text });

/** The shortest edit that turns `a` into `b` (E. W. Myers, "An O(ND) Difference Algorithm", 1986). */
function shortestEdit(a: readonly string[], b: readonly string[]): readonly DiffPart[] {
  const most = Math.min(a.length + b.length, MAX_EDITS);
  const middle = most + 1;
  /** How far the edit comes in `a` on each diagonal, by the number of changes so far. */
  const reach = new Int32Array(2 * most + 3);
  const history: Int32Array[] = [];
  for (let changes = 0; changes <= most; changes++) {
    history.push(reach.slice(middle - changes - 1, middle + changes + 2));
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      const [left = 0, right = 0] = [reach[middle + diagonal - 1], reach[middle + diagonal + 1]];
      let x = diagonal === -changes || (diagonal !== changes && left < right) ? right : left + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
      reach[middle + diagonal] = x;
      if (x >= a.length && x - diagonal >= b.length) return walkBack(a, b, history);
    }
  }
  return [...a.map(removed), ...b.map(added)];
}

/** Follows the edit from its end to its beginning. */
function walkBack(
  a: readonly string[],
  b: readonly string[],
  history: readonly Int32Array[],
): readonly DiffPart[] {
  const parts: DiffPart[] = [];
  let [x, y] = [a.length, b.length];
  for (let changes = history.length - 1; changes >= 0; changes--) {
    const reach = history[changes] ?? new Int32Array();
    const diagonal = x - y;
    const [left = 0, right = 0] = [reach[diagonal + changes], reach[diagonal + changes + 2]];
    const isAdded = diagonal === -changes || (diagonal !== changes && left < right);
    const from = changes === 0 ? 0 : isAdded ? right : left;
    const fromY = changes === 0 ? 0 : from - (isAdded ? diagonal + 1 : diagonal - 1);
    while (x > from && y > fromY) parts.push(same(a[--x] ?? "")), y--;
    if (changes === 0) break;
    if (isAdded) parts.push(added(b[--y] ?? ""));
    else parts.push(removed(a[--x] ?? ""));
  }
  return parts.reverse();
}

/** Joins neighbours of one kind. */
function joinParts(parts: readonly DiffPart[]): readonly DiffPart[] {
  const joined: DiffPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last?.kind === part.kind) {
      joined[joined.length - 1] = { kind: part.kind, text: last.text + part.text };
    } else joined.push(part);
  }
  return joined;
}
