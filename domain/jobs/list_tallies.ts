/** Counts of a list: its rows without an error, and the fragments of its text messages. */
import type { FragmentGroup, ListFragments } from "./report.ts";

/** What is counted of a row without an error. */
interface GoodRow {
  readonly isAbroad: boolean;
  readonly fragments: number | null;
  readonly country: string | undefined;
}

/**
 * Counts the rows without an error. @param looksUp whether some of them may be removed again, because the service may
 * not send to their recipients
 */
export function createGoodRows(looksUp: boolean) {
  const fragments = createFragmentTally();
  /** The rows of the batch that is being read, and those whose recipients are being looked up. */
  let current = new Map<number, GoodRow>();
  let lookedUp = current;
  let rows = 0;
  let abroad = 0;
  return {
    add(row: number, good: GoodRow): void {
      rows++;
      if (good.isAbroad) abroad++;
      if (good.fragments !== null) fragments.add(good.fragments, good.country);
      if (looksUp) current.set(row, good);
    },
    startLookUp(): void {
      if (!looksUp) return;
      lookedUp = current;
      current = new Map();
    },
    remove(row: number): void {
      const removed = lookedUp.get(row);
      if (removed === undefined) return;
      lookedUp.delete(row);
      rows--;
      if (removed.isAbroad) abroad--;
      if (removed.fragments !== null) fragments.remove(removed.fragments, removed.country);
    },
    report: () => ({ rows, abroad, fragments: fragments.report() }),
  };
}

/** Counts messages by their fragments, and by country; the name of no country is empty. */
export function createFragmentTally() {
  const countries = new Map<string, Map<number, number>>();
  let total = 0;
  function change(fragments: number, country: string | undefined, by: 1 | -1): void {
    total += by * fragments;
    const name = country ?? "";
    let counts = countries.get(name);
    if (counts === undefined) countries.set(name, counts = new Map());
    counts.set(fragments, (counts.get(fragments) ?? 0) + by);
  }
  return {
    add: (fragments: number, country: string | undefined) => change(fragments, country, 1),
    remove: (fragments: number, country: string | undefined) => change(fragments, country, -1),
    report(): ListFragments {
      const groups = [...countries].flatMap(([name, counts]) =>
        Array.from(counts, ([fragments, messages]): FragmentGroup => ({
          country: name === "" ? null : name,
          fragments,
          messages,
        }))
      ).filter(({ messages }) => messages > 0);
      const rows = new Map<number, number>();
      for (const { fragments, messages } of groups) {
        rows.set(fragments, (rows.get(fragments) ?? 0) + messages);
      }
      return { total, rows, groups };
    },
  };
}
