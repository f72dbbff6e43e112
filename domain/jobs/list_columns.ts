/** Columns of a list that are matched by hand: which heading stands for which placeholder. */
import { RECIPIENT_COLUMNS, type SharedColumn } from "../csv/columns.ts";
import { ok, refuse, type Result } from "../result.ts";
import { normalisedName } from "../template/normalised_name.ts";
import { cleanHeading } from "../text/pasted_text.ts";

/**
 * The headings of a list by the names of the placeholders, or of the recipient's column, that they stand for. One heading
 * may stand for several names; each name has one.
 */
export type ListColumns = Readonly<Record<string, string>>;

/** The heading that stands for a name, which may be that of something every object has, such as `constructor`. */
export function headingFor(columns: ListColumns, name: string): string | undefined {
  return Object.hasOwn(columns, name) ? columns[name] : undefined;
}

/** Max placeholders that are matched by hand: as many as a template may have and a few more. */
export const MAX_MATCHED_COLUMNS = 200;

/** Why columns cannot be matched: the list has no such heading. */
export interface ColumnsFault {
  /** The placeholder, as the caller named it. */
  readonly name: string;
  readonly heading: string;
}

/** The English message for people. Headings come from the request, not from the list. */
export function columnsMessage({ name, heading }: ColumnsFault): string {
  return `the list has no column ‘${heading}’ for ‘${name}’`;
}

/** The headings of a list, named by the placeholders that they stand for. */
export interface NamedHeadings {
  readonly headings: readonly string[];
  /** The further names of headings that stand for several. */
  readonly shared: readonly SharedColumn[];
}

const keyOf = (heading: string) => normalisedName(cleanHeading(heading));

const RECIPIENT_KEYS: ReadonlySet<string> = new Set(
  Object.values(RECIPIENT_COLUMNS).map(normalisedName),
);

/**
 * Renames the headings of a list to the placeholders that they stand for. A heading that names such a placeholder, and
 * does not stand for it, becomes one that no placeholder has. Headings are compared without case, blanks, `_` and `-`.
 */
export function renameHeadings(
  headings: readonly string[],
  columns: ListColumns,
): Result<NamedHeadings, ColumnsFault> {
  const names = new Map<number, string[]>();
  for (const [name, heading] of Object.entries(columns)) {
    const at = findHeading(headings, heading);
    if (at === -1) return refuse({ name, heading });
    const others = names.get(at) ?? [];
    // Two spellings of one placeholder are one name.
    if (others.some((other) => keyOf(other) === keyOf(name))) continue;
    // The column itself is the recipient's if it is that too, so that its cells are read as recipients.
    names.set(at, RECIPIENT_KEYS.has(keyOf(name)) ? [name, ...others] : [...others, name]);
  }
  const taken = new Set(Object.keys(columns).map(keyOf));
  return ok({
    headings: headings.map((heading, at) =>
      names.get(at)?.[0] ?? (taken.has(keyOf(heading)) ? `${heading} (–)` : heading)
    ),
    shared: [...names].flatMap(([at, [, ...further]]) => further.map((name) => ({ name, at }))),
  });
}

/** The place of a heading: spelt alike, or else alike without case, blanks, `_` and `-`; -1 when there is none. */
function findHeading(headings: readonly string[], heading: string): number {
  const exact = headings.indexOf(heading);
  return exact === -1 ? headings.findIndex((one) => keyOf(one) === keyOf(heading)) : exact;
}
