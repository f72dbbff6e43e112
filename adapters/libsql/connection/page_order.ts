import type { PagePosition } from "../../../domain/ports/page_position.ts";

/** How the rows of a page are selected: SQL for the key of a list whose newest rows are first. */
export interface PageOrder<Key> {
  /** The key of the row beside the page; `undefined` for the page of the newest rows. */
  readonly beside: Key | undefined;
  /** How the keys of the page compare with `beside`. */
  readonly sign: "<" | ">";
  /** The order in which the rows next to `beside` come first. */
  readonly direction: "ASC" | "DESC";
  /** Returns the selected rows newest first. */
  inOrder<Row>(rows: readonly Row[]): readonly Row[];
}

/** The order of a page; `olderThan` counts where a position has both. */
export function pageOrder<Key>({ olderThan, newerThan }: PagePosition<Key>): PageOrder<Key> {
  return olderThan === undefined && newerThan !== undefined
    ? { beside: newerThan, sign: ">", direction: "ASC", inOrder: (rows) => rows.toReversed() }
    : { beside: olderThan, sign: "<", direction: "DESC", inOrder: (rows) => rows };
}
