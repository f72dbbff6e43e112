/** A file of separated values read a piece at a time: the peer's rules, with limits. No I/O and no clock. */
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

/** How a file is read. */
export interface CsvReaderOptions {
  /** Found by {@link findDelimiter} when left out; the peer's files have commas. */
  readonly delimiter?: Delimiter | undefined;
  /** {@link UPLOAD_LIMITS} when left out; `{}` refuses nothing. */
  readonly limits?: CsvLimits | undefined;
}

/** Reads a file a piece at a time. However it is cut into pieces, the rows are the same. */
export interface CsvReader {
  /** How many rows were read so far, the headers among them. */
  rowCount(): number;
  /** How many blank lines were before the headers: a spreadsheet numbers them too, and so do the faults. */
  linesBefore(): number;
  /**
   * Reads on.
   *
   * @returns the rows that are complete by now, each once; or why the file is refused, from then on for good. Blank rows
   * are kept back until another one follows, for at the end they are none.
   */
  push(text: string): Result<CsvRows, SheetFault>;
  /** The file is over. */
  end(): Result<CsvRows, SheetFault>;
}

interface Parts {
  readonly trim: FileTrim;
  readonly cutter: CsvTokenizer;
}

/** Starts to read a file. */
export function createCsvReader(options: CsvReaderOptions = {}): CsvReader {
  const { limits = UPLOAD_LIMITS } = options;
  const { blanks: maxBlanks = Infinity } = limits;
  const open = (delimiter: Delimiter): Parts => ({
    trim: createFileTrim(delimiter),
    cutter: createCsvTokenizer(delimiter, limits),
  });
  let parts = options.delimiter === undefined ? undefined : open(options.delimiter);
  let sample = "";

  function pushTo({ trim, cutter }: Parts, text: string): Result<CsvRows, SheetFault> {
    const rows = cutter.push(trim.push(text));
    if (!rows.ok || trim.held() <= maxBlanks) return rows;
    return refuse({ kind: "too_many_blanks", row: cutter.rowCount() + 1 });
  }

  function begin(): Result<CsvRows, SheetFault> {
    const { delimiter, skip } = findDelimiter(sample.slice(0, DELIMITER_SAMPLE));
    const rest = sample.slice(skip);
    sample = "";
    parts = open(delimiter);
    return pushTo(parts, rest);
  }

  const linesBefore = () => parts?.trim.linesOff() ?? 0;
  let fault: SheetFault | undefined;
  function keepFault(read: Result<CsvRows, SheetFault>): Result<CsvRows, SheetFault> {
    if (read.ok) return read;
    const { refusal } = read;
    fault = "row" in refusal ? { ...refusal, row: refusal.row + linesBefore() } : refusal;
    return refuse(fault);
  }

  return {
    rowCount: () => parts?.cutter.rowCount() ?? 0,
    linesBefore,
    push(text) {
      if (fault !== undefined) return refuse(fault);
      if (parts !== undefined) return keepFault(pushTo(parts, text));
      sample += text;
      return sample.length < DELIMITER_SAMPLE ? { ok: true, value: [] } : keepFault(begin());
    },
    end() {
      if (fault !== undefined) return refuse(fault);
      const before = parts === undefined ? keepFault(begin()) : undefined;
      if (parts === undefined || before?.ok === false) return before ?? { ok: true, value: [] };
      const more = keepFault(parts.cutter.push(parts.trim.end()));
      if (!more.ok) return more;
      const last = keepFault(parts.cutter.end());
      return last.ok
        ? { ok: true, value: [...before?.value ?? [], ...more.value, ...last.value] }
        : last;
    },
  };
}
