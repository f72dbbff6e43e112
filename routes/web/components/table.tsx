import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";

/** A column of {@link Table}. */
export interface Column<Row> {
  readonly label: string;
  readonly cell: (row: Row) => Child;
  /**
   * `name`: the cell names its row, and is its heading. `number`: the cell is a number, at the end of its column.
   * `first`: the cell begins its row, and needs no label on a narrow screen.
   */
  readonly kind?: "name" | "number" | "first";
}

interface TableProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  /** What the table shows, for screen readers; absent where a heading or a label next to it says so. */
  readonly caption?: string;
}

/** A table, of which each row becomes a block on a narrow screen, with each cell beside the label of its column. */
export function Table<Row>({ columns, rows, keyOf, caption }: TableProps<Row>): JSX.Element {
  return (
    <table class="stacks">
      {caption === undefined ? null : <caption class="unseen">{caption}</caption>}
      <thead>
        <tr>
          {columns.map(({ label, kind }) => (
            <th key={label} scope="col" class={kind === "number" ? "n" : undefined}>{label}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map((column) => <Cell key={column.label} column={column} row={row} />)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell<Row>(
  { column: { label, kind, cell }, row }: { readonly column: Column<Row>; readonly row: Row },
): JSX.Element {
  if (kind === "name") return <th scope="row" dir="auto">{cell(row)}</th>;
  if (kind === "first") return <td>{cell(row)}</td>;
  return <td class={kind === "number" ? "n" : undefined} data-label={label}>{cell(row)}</td>;
}
