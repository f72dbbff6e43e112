/** Streaming CSV reader with limits, by the rules of GOV.UK Notify. */
import { refuse, type Result } from "../result.ts";
import { DELIMITER_SAMPLE, findDelimiter } from "./delimiter.ts";
import type { SheetFault } from "./faults.ts";
import { createFileTrim, type FileTrim } from "./file_trim.ts";
import { type CsvLimits, UPLOAD_LIMITS } from "./limits.ts";
import {
  createCsvTokenizer,
  type CsvRows,
  type CsvTokenizer,
  type Delimiter,
} from "./tokenizer.ts";

/** Options of a reader. */
export interface CsvReaderOptions {
  /** By default it is detected with {@link findDelimiter}. GOV.UK Notify reads commas only. */
  readonly delimiter?: Delimiter | undefined;
  /** {@link UPLOAD_LIMITS} by default; `{}` sets no limit. */
  readonly limits?: CsvLimits | undefined;
}

/** Reads a file in chunks. The rows do not depend on how the file is cut into chunks. */
export interface CsvReader {
  /** The number of rows read so far, including the headers. */
  rowCount(): number;
  /** The number of blank lines before the headers. Spreadsheets and faults count them in row numbers. */
  linesBefore(): number;
  /**
   * Reads the next chunk.
   *
   * @returns the rows that this chunk completes; or the fault of the file, which every later call returns too. Blank rows
   * are returned with the next row that is not blank, since blank rows at the end of the file do not count.
   */
  push(text: string): Result<CsvRows, SheetFault>;
  /** Ends the file. @returns the remaining rows */
  end(): Result<CsvRows, SheetFault>;
}

interface Stages {
  readonly trim: FileTrim;
  readonly tokenizer: CsvTokenizer;
}

/** Creates a reader of one file. */
export function createCsvReader(options: CsvReaderOptions = {}): CsvReader {
  const { limits = UPLOAD_LIMITS } = options;
  const { blanks: maxBlanks = Infinity } = limits;
  const createStages = (delimiter: Delimiter): Stages => ({
    trim: createFileTrim(delimiter),
    tokenizer: createCsvTokenizer(delimiter, limits),
  });
  let stages = options.delimiter === undefined ? undefined : createStages(options.delimiter);
  let sample = "";

  function pushTo({ trim, tokenizer }: Stages, text: string): Result<CsvRows, SheetFault> {
    const rows = tokenizer.push(trim.push(text));
    if (!rows.ok || trim.bufferedLength() <= maxBlanks) return rows;
    return refuse({ kind: "too_many_blanks", row: tokenizer.rowCount() + 1 });
  }

  function detectAndRead(): Result<CsvRows, SheetFault> {
    const { delimiter, skip } = findDelimiter(sample.slice(0, DELIMITER_SAMPLE));
    const rest = sample.slice(skip);
    sample = "";
    stages = createStages(delimiter);
    return pushTo(stages, rest);
  }

  const linesBefore = () => stages?.trim.trimmedLines() ?? 0;
  let fault: SheetFault | undefined;
  function keepFault(read: Result<CsvRows, SheetFault>): Result<CsvRows, SheetFault> {
    if (read.ok) return read;
    const { refusal } = read;
    fault = "row" in refusal ? { ...refusal, row: refusal.row + linesBefore() } : refusal;
    return refuse(fault);
  }

  return {
    rowCount: () => stages?.tokenizer.rowCount() ?? 0,
    linesBefore,
    push(text) {
      if (fault !== undefined) return refuse(fault);
      if (stages !== undefined) return keepFault(pushTo(stages, text));
      sample += text;
      return sample.length < DELIMITER_SAMPLE
        ? { ok: true, value: [] }
        : keepFault(detectAndRead());
    },
    end() {
      if (fault !== undefined) return refuse(fault);
      const before = stages === undefined ? keepFault(detectAndRead()) : undefined;
      if (stages === undefined || before?.ok === false) return before ?? { ok: true, value: [] };
      const more = keepFault(stages.tokenizer.push(stages.trim.end()));
      if (!more.ok) return more;
      const last = keepFault(stages.tokenizer.end());
      return last.ok
        ? { ok: true, value: [...before?.value ?? [], ...more.value, ...last.value] }
        : last;
    },
  };
}
