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

/**
 * Measures rows of the table of speeds and prints them. A failure becomes a row, so that one does not lose the others.
 *
 * @param what names the rows where the measurement fails
 */
export async function measureSpeeds<T>(
  what: string,
  measure: () => Promise<T>,
  toRows: (measured: T) => readonly SpeedRow[],
): Promise<readonly SpeedRow[]> {
  let rows: readonly SpeedRow[];
  try {
    rows = toRows(await measure());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(error);
    rows = [{ what, measured: `failed: ${reason.split("\n")[0]?.slice(0, 200)}`, bar: "" }];
  }
  console.log(`\n${formatSpeeds(rows)}`);
  return rows;
}
