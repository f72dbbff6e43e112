/** Which character parts the cells of a file. No I/O and no clock. */
import { normalisedName } from "../template/normalised_name.ts";
import { RECIPIENT_COLUMNS } from "./columns.ts";
import { createCsvTokenizer, type CsvRows, type Delimiter } from "./tokenizer.ts";

/** How many characters of a file are looked at. */
export const DELIMITER_SAMPLE = 65_536;

/** In the order of preference where files read alike. */
const DELIMITERS: readonly Delimiter[] = [",", "\t", ";"];
const ROWS_COMPARED = 20;
const RECIPIENT_KEYS: ReadonlySet<string> = new Set(
  Object.values(RECIPIENT_COLUMNS).map(normalisedName),
);
/** Excel's own first line that names the delimiter. */
const NAMED = /^\ufeff?sep=([,;\t])[ \t]*(?:\r\n?|\n|$)/i;

/** What was found at the start of a file. */
export interface FoundDelimiter {
  readonly delimiter: Delimiter;
  /** How many characters to leave out before the headers: the line that names the delimiter. */
  readonly skip: number;
}

function cutSample(sample: string, delimiter: Delimiter): CsvRows {
  const cutter = createCsvTokenizer(delimiter, {});
  const complete = cutter.push(sample);
  if (!complete.ok) return [];
  if (complete.value.length > 0) return complete.value;
  const last = cutter.end();
  return last.ok ? last.value : [];
}

/** The better the larger; compared from the first figure on. */
function score(sample: string, delimiter: Delimiter): readonly number[] {
  const [headers = [], ...below] = cutSample(sample, delimiter);
  const compared = below.filter((row) => row.length > 0).slice(0, ROWS_COMPARED);
  const agreeing = compared.filter((row) => row.length === headers.length);
  // Where nothing parts the headers, nothing is said for the delimiter.
  if (headers.length < 2) return [0, 0, 0];
  const hasRecipient = headers.some((header) => RECIPIENT_KEYS.has(normalisedName(header.trim())));
  return [
    hasRecipient ? 2 : 1,
    compared.length === 0 ? 1 : agreeing.length / compared.length,
    headers.length,
  ];
}

function isBetter(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((figure, index) => figure !== other[index]);
  return at !== -1 && (one[at] ?? 0) > (other[at] ?? 0);
}

/**
 * Finds the delimiter of a file by its first characters: a line `sep=;`, else the one by which the headers have the
 * recipient's column among others, have several columns, and the rows as many as the headers. Commas where all read alike.
 */
export function findDelimiter(sample: string): FoundDelimiter {
  const named = NAMED.exec(sample);
  const delimiter = DELIMITERS.find((candidate) => candidate === named?.[1]);
  if (named !== null && delimiter !== undefined) return { delimiter, skip: named[0].length };
  const text = sample.replace(/^[\ufeff \r\n]+/, "");
  let best: Delimiter = ",";
  let most = score(text, best);
  for (const candidate of DELIMITERS) {
    const reached = score(text, candidate);
    if (isBetter(reached, most)) [best, most] = [candidate, reached];
  }
  return { delimiter: best, skip: 0 };
}
