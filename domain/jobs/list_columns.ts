/** Columns of a list that are matched by hand: which heading stands for which placeholder. */
import { refuse, type Result } from "../result.ts";
import { normalisedName } from "../template/normalised_name.ts";
import { ok } from "../result.ts";
import { cleanHeading } from "../text/pasted_text.ts";

/** The headings of a list by the names of the placeholders, or of the recipient's column, that they stand for. */
export type ListColumns = Readonly<Record<string, string>>;

/** Max placeholders that are matched by hand: as many as a template may have and a few more. */
export const MAX_MATCHED_COLUMNS = 200;

/** Why columns cannot be matched: the list has no such heading, or two placeholders take the same one. */
export interface ColumnsFault {
  readonly kind: "no-such-heading" | "heading-taken-twice";
  /** The placeholder, as the caller named it. */
  readonly name: string;
  readonly heading: string;
}

/** The English message for people. Headings come from the request, not from the list. */
export function columnsMessage({ kind, name, heading }: ColumnsFault): string {
  return kind === "no-such-heading"
    ? `the list has no column ‘${heading}’ for ‘${name}’`
    : `the column ‘${heading}’ stands for another placeholder already, and cannot for ‘${name}’`;
}

const keyOf = (heading: string) => normalisedName(cleanHeading(heading));

/**
 * Renames the headings of a list to the placeholders that they stand for. A heading that names such a placeholder, and
 * does not stand for it, becomes one that no placeholder has. Headings are compared without case, blanks, `_` and `-`.
 */
export function renameHeadings(
  headings: readonly string[],
  columns: ListColumns,
): Result<readonly string[], ColumnsFault> {
  const renamed = new Map<number, string>();
  for (const [name, heading] of Object.entries(columns)) {
    const at = findHeading(headings, heading);
    if (at === -1) return refuse({ kind: "no-such-heading", name, heading });
    if (renamed.has(at)) return refuse({ kind: "heading-taken-twice", name, heading });
    renamed.set(at, name);
  }
  const taken = new Set(Object.keys(columns).map(keyOf));
  return ok(
    headings.map((heading, at) =>
      renamed.get(at) ?? (taken.has(keyOf(heading)) ? `${heading} (–)` : heading)
    ),
  );
}

/** The place of a heading: spelt alike, or else alike without case, blanks, `_` and `-`; -1 when there is none. */
function findHeading(headings: readonly string[], heading: string): number {
  const exact = headings.indexOf(heading);
  return exact === -1 ? headings.findIndex((one) => keyOf(one) === keyOf(heading)) : exact;
}
