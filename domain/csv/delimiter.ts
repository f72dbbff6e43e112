/** Detects the delimiter of a CSV file. */
import { normalisedName } from "../template/normalised_name.ts";
import { RECIPIENT_COLUMNS } from "./columns.ts";
import { createCsvTokenizer, type CsvRows, type Delimiter } from "./tokenizer.ts";

/** How many of a file's first characters the delimiter is detected by. */
export const DELIMITER_SAMPLE = 65_536;

/** In order of preference when several fit equally. */
const DELIMITERS: readonly Delimiter[] = [",", "\t", ";"];
const ROWS_COMPARED = 20;
const RECIPIENT_KEYS: ReadonlySet<string> = new Set(
  Object.values(RECIPIENT_COLUMNS).map(normalisedName),
);
/** Excel's own first line that names the delimiter. */
const NAMED = /^\ufeff?sep=([,;\t])[ \t]*(?:\r\n?|\n|$)/i;

/** The detected delimiter of a CSV file. */
export interface FoundDelimiter {
  readonly delimiter: Delimiter;
  /** The length, in characters, of a first line such as `sep=;` that names the delimiter; 0 when there is none. */
  readonly skip: number;
}

function tokenizeSample(sample: string, delimiter: Delimiter): CsvRows {
  const tokenizer = createCsvTokenizer(delimiter, {});
  const complete = tokenizer.push(sample);
  if (!complete.ok) return [];
  if (complete.value.length > 0) return complete.value;
  const last = tokenizer.end();
  return last.ok ? last.value : [];
}

/** Scores a delimiter, to be compared figure by figure. Larger is better. */
function score(sample: string, delimiter: Delimiter): readonly number[] {
  const [headers = [], ...below] = tokenizeSample(sample, delimiter);
  const compared = below.filter((row) => row.length > 0).slice(0, ROWS_COMPARED);
  const agreeing = compared.filter((row) => row.length === headers.length);
  // A delimiter that does not split the headers has no evidence for it.
  if (headers.length < 2) return [0, 0, 0];
  const hasRecipient = headers.some((header) => RECIPIENT_KEYS.has(normalisedName(header.trim())));
  return [
    hasRecipient ? 2 : 1,
    compared.length === 0 ? 1 : agreeing.length / compared.length,
    headers.length,
  ];
}

function isBetter(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((figure, index) => figure !== b[index]);
  return at !== -1 && (a[at] ?? 0) > (b[at] ?? 0);
}

/**
 * Detects the delimiter of a file by its first characters. A first line `sep=;` (or another delimiter) decides.
 * Otherwise it compares the results of each delimiter and prefers, in this order: headers with a recipient column; more
 * rows, of the first 20, that are as long as the headers; more headers. Falls back to commas.
 */
export function findDelimiter(sample: string): FoundDelimiter {
  const named = NAMED.exec(sample);
  const delimiter = DELIMITERS.find((candidate) => candidate === named?.[1]);
  if (named !== null && delimiter !== undefined) return { delimiter, skip: named[0].length };
  const text = sample.replace(/^[\ufeff \r\n]+/, "");
  let best: Delimiter = ",";
  let bestScore = score(text, best);
  for (const candidate of DELIMITERS) {
    const candidateScore = score(text, candidate);
    if (isBetter(candidateScore, bestScore)) [best, bestScore] = [candidate, candidateScore];
  }
  return { delimiter: best, skip: 0 };
}
