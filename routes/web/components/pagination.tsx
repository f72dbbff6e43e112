import type { JSX } from "hono/jsx/jsx-runtime";
import type { PagePosition } from "../../../domain/ports/page_position.ts";
import type { View } from "../context.ts";
import { POSITION_FIELDS } from "./page_of_rows.ts";

interface PaginationProps {
  readonly view: View;
  /** The address of the list, without a query. */
  readonly path: string;
  /** The fields of the address that every page of the list has, such as its filters. */
  readonly query?: URLSearchParams;
  /** The keys from which the neighbouring pages go on; `undefined` at either end. */
  readonly page: PagePosition<string | number>;
}

/** The links to the newer and the older page of a list. Shows nothing when the list has one page. */
export function Pagination(
  { view, path, query, page }: PaginationProps,
): JSX.Element | null {
  const { newerThan, olderThan } = page;
  if (newerThan === undefined && olderThan === undefined) return null;
  const { pages } = view.texts;
  const addressOf = (field: typeof POSITION_FIELDS[number], key: string | number) => {
    const fields = new URLSearchParams(query);
    for (const name of POSITION_FIELDS) fields.delete(name);
    fields.set(field, String(key));
    return `${path}?${fields}`;
  };
  return (
    <nav class="buttons" aria-label={pages.title}>
      {newerThan === undefined
        ? null
        : (
          <a class="button plain" rel="prev" href={addressOf("newer_than", newerThan)}>
            {pages.newer}
          </a>
        )}
      {olderThan === undefined
        ? null
        : (
          <a class="button plain" rel="next" href={addressOf("older_than", olderThan)}>
            {pages.older}
          </a>
        )}
    </nav>
  );
}
