/** Tables of text, which read well in a terminal and are Markdown. */

/** A table with the columns' widths filled up, as `deno fmt` writes it. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = headings.map((heading, at) =>
    Math.max(3, heading.length, ...rows.map((row) => row[at]?.length ?? 0))
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, at) => (cells[at] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(headings), rule, ...rows.map(line)].join("\n");
}

/** A number with thousands separated, and as many digits as say something. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-GB", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** A row of the table of speeds. */
export interface SpeedRow {
  readonly what: string;
  readonly measured: string;
  readonly bar: string;
  /** `undefined` where the row has no bar, or was not measured. */
  readonly isMet?: boolean | undefined;
}

/** The table of speeds. */
export function formatSpeeds(rows: readonly SpeedRow[]): string {
  return formatTable(
    ["what", "measured", "bar", "met"],
    rows.map(({ what, measured, bar, isMet }) => [
      what,
      measured,
      bar,
      isMet === undefined ? "" : isMet ? "yes" : "no",
    ]),
  );
}
