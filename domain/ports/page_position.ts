/**
 * Where a page of a list begins, whose newest rows are first. At most one of the fields is set; the page of the newest
 * rows has neither. With `newerThan` the page has the rows next to that one, newest first as well.
 */
export interface PagePosition<Key> {
  readonly olderThan?: Key | undefined;
  readonly newerThan?: Key | undefined;
}
