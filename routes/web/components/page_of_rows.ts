/** Pages of lists that are newest first: the rows of one, and the keys from which its neighbours go on. */
import type { PagePosition } from "../../../domain/ports/page_position.ts";
import type { WebContext } from "../context.ts";

/** The fields of an address that say where a page begins. */
export const POSITION_FIELDS = ["older_than", "newer_than"] as const;

/** A page of a list. */
export interface PageOfRows<Row, Key> extends PagePosition<Key> {
  /** The rows, newest first. */
  readonly rows: readonly Row[];
}

/**
 * Reads where the page of a request begins. A value that is not a key is ignored, so that an old link shows the newest
 * rows and not an error; `older_than` counts where the address has both.
 *
 * @param parse returns the key that a text stands for; `undefined` for another text
 */
export function readPosition<Key>(
  c: WebContext,
  parse: (text: string) => Key | undefined,
): PagePosition<Key> {
  const [olderThan, newerThan] = POSITION_FIELDS.map((field) => {
    const text = c.req.query(field);
    return text === undefined ? undefined : parse(text);
  });
  return olderThan === undefined ? { newerThan } : { olderThan };
}

/**
 * Takes the rows of a page from one row more than it shows, which tells whether there are further ones.
 *
 * @param found at most `size + 1` rows at the position, newest first
 */
export function pageOf<Row, Key>(
  found: readonly Row[],
  { size, position, keyOf }: {
    readonly size: number;
    readonly position: PagePosition<Key>;
    readonly keyOf: (row: Row) => Key;
  },
): PageOfRows<Row, Key> {
  const isUpwards = position.newerThan !== undefined;
  const hasMore = found.length > size;
  const rows = isUpwards ? found.slice(hasMore ? 1 : 0) : found.slice(0, size);
  const [first, last] = [rows.at(0), rows.at(-1)];
  const hasNewer = isUpwards ? hasMore : position.olderThan !== undefined;
  return {
    rows,
    newerThan: hasNewer && first !== undefined ? keyOf(first) : undefined,
    olderThan: (isUpwards || hasMore) && last !== undefined ? keyOf(last) : undefined,
  };
}
