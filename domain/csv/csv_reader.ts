/** Streaming CSV reader with limits, by the rules of GOV.UK Notify. */
import { ok, refuse, type Result } from "../result.ts";
import { DELIMITER_SAMPLE, findDelimiter } from "./delimiter.ts";
import type { SheetFault } from "./faults.ts";
import { createFileTrim, type FileTrim } from "./file_trim.ts";
import { type CsvLimits, UPLOAD_LIMITS } from "./limits.ts";
import { createQuoteCheck } from "./quote_check.ts";
import {
  createCsvTokenizer,
  type CsvRows,
  type CsvTokenizer,
  type Delimiter,
} from "./tokenizer.ts";

/** Options of a reader. */
export interface CsvReaderOptions {
  /** By default it is detected by the file's first characters. GOV.UK Notify reads commas only. */
  readonly delimiter?: Delimiter | undefined;
  /** {@link UPLOAD_LIMITS} by default; `{}` sets no limit. */
  readonly limits?: CsvLimits | undefined;
  /**
   * Whether quotes that are not closed, text after a closing quote, and a quoted cell that takes in further rows are
   * faults. GOV.UK Notify accepts them; the default is `false`.
   */
  readonly strictQuotes?: boolean | undefined;
}

/** The place of a cell; both numbers count from 1, and blank lines before the headers count. */
export interface CsvPlace {
  readonly row: number;
  readonly column: number;
}

/** Reads a file in chunks. The rows do not depend on how the file is cut into chunks. */
export interface CsvReader {
  /** The number of rows read so far, including the headers. */
  rowCount(): number;
  /** The number of blank lines before the headers. Spreadsheets and faults count them in row numbers. */
  linesBefore(): number;
  /**
   * Reads the last text before bytes that cannot be decoded, to find the cell that contains them. The text's last
   * character stands for these bytes, and must not be a blank.
   *
   * @returns the place of that character, with the rows that the text completes; or the fault of the file up to there
   */
  breakOff(text: string): Result<CsvPlace & { readonly rows: CsvRows }, SheetFault>;
  /**
   * Reads the next chunk.
   *
   * @returns the rows that this chunk completes; or the fault of the file, which every later call returns too. Blank rows
   * are returned with the next row that is not blank, since blank rows at the end of the file do not count.
   */
  push(text: string): Result<CsvRows, SheetFault>;
  /**
   * As `push`, but yields the rows of each step; a fault is the last value. The caller can serve other requests between
   * two steps: a chunk may complete millions of cells, because blanks before it were buffered.
   */
  pushInSteps(text: string): Generator<Result<CsvRows, SheetFault>>;
  /** Ends the file. @returns the rows that `push` has not returned; or the fault */
  end(): Result<CsvRows, SheetFault>;
  /** As `end`, but yields the rows of each step, like `pushInSteps`. */
  endInSteps(): Generator<Result<CsvRows, SheetFault>>;
}

/**
 * The most characters that are tokenized in one step: some hundred rows. Rows of larger steps live so long that V8 moves
 * them to where it seldom collects.
 */
const STEP_CHARACTERS = 16_384;

function* cut(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += STEP_CHARACTERS) {
    yield text.slice(at, at + STEP_CHARACTERS);
  }
}

/** Takes all steps. @returns the rows of all, or the fault that ended them */
function collect(steps: Iterable<Result<CsvRows, SheetFault>>): Result<CsvRows, SheetFault> {
  const rows: (readonly string[])[] = [];
  for (const step of steps) {
    if (!step.ok) return step;
    for (const row of step.value) rows.push(row);
  }
  return ok(rows);
}

interface Stages {
  readonly trim: FileTrim;
  readonly tokenizer: CsvTokenizer;
}

/** Creates a reader of one file. Call `push` for each chunk of its text, then `end` once. */
export function createCsvReader(options: CsvReaderOptions = {}): CsvReader {
  const { limits = UPLOAD_LIMITS, strictQuotes = false } = options;
  const { blanks: maxBlanks = Infinity } = limits;
  const createStages = (delimiter: Delimiter): Stages => ({
    trim: createFileTrim(delimiter),
    tokenizer: createCsvTokenizer(
      delimiter,
      limits,
      strictQuotes ? createQuoteCheck(delimiter) : undefined,
    ),
  });
  let stages = options.delimiter === undefined ? undefined : createStages(options.delimiter);
  let sample = "";

  function* pushTo(
    { trim, tokenizer }: Stages,
    text: string,
  ): Generator<Result<CsvRows, SheetFault>> {
    for (const trimmed of trim.push(text)) {
      for (const piece of cut(trimmed)) yield tokenizer.push(piece);
    }
    if (trim.bufferedLength() > maxBlanks) {
      yield refuse({ kind: "too_many_blanks", row: tokenizer.rowCount() + 1 });
    }
  }

  function detect(): { readonly found: Stages; readonly rest: string } {
    const { delimiter, skip } = findDelimiter(sample.slice(0, DELIMITER_SAMPLE));
    const rest = sample.slice(skip);
    sample = "";
    const found = createStages(delimiter);
    stages = found;
    return { found, rest };
  }

  const linesBefore = () => stages?.trim.trimmedLines() ?? 0;
  let fault: SheetFault | undefined;
  function keepFault(read: Result<CsvRows, SheetFault>): Result<CsvRows, SheetFault> {
    if (read.ok) return read;
    const { refusal } = read;
    fault = "row" in refusal ? { ...refusal, row: refusal.row + linesBefore() } : refusal;
    return refuse(fault);
  }

  /** Passes the steps on up to the first fault. */
  function* upToFault(
    steps: Iterable<Result<CsvRows, SheetFault>>,
  ): Generator<Result<CsvRows, SheetFault>> {
    for (const step of steps) {
      const kept = keepFault(step);
      yield kept;
      if (!kept.ok) return;
    }
  }

  function* pushAll(text: string): Generator<Result<CsvRows, SheetFault>> {
    if (stages !== undefined) return yield* pushTo(stages, text);
    sample += text;
    if (sample.length < DELIMITER_SAMPLE) return;
    const { found, rest } = detect();
    yield* pushTo(found, rest);
  }

  function* endAll(): Generator<Result<CsvRows, SheetFault>> {
    let last = stages;
    if (last === undefined) {
      const { found, rest } = detect();
      yield* pushTo(found, rest);
      last = found;
    }
    for (const piece of cut(last.trim.end())) yield last.tokenizer.push(piece);
    yield last.tokenizer.end();
  }

  function* pushInSteps(text: string): Generator<Result<CsvRows, SheetFault>> {
    if (fault !== undefined) yield refuse(fault);
    else yield* upToFault(pushAll(text));
  }

  function* endInSteps(): Generator<Result<CsvRows, SheetFault>> {
    if (fault !== undefined) yield refuse(fault);
    else yield* upToFault(endAll());
  }

  /** Detects the delimiter by the text so far, if it is not known yet. */
  function* pushSample(): Generator<Result<CsvRows, SheetFault>> {
    if (stages !== undefined) return;
    const { found, rest } = detect();
    yield* pushTo(found, rest);
  }

  function placeOf({ tokenizer }: Stages): CsvPlace {
    return { row: tokenizer.rowCount() + 1 + linesBefore(), column: tokenizer.cellCount() + 1 };
  }

  function breakOff(text: string): ReturnType<CsvReader["breakOff"]> {
    const read = collect(pushInSteps(text));
    if (!read.ok) return read;
    const rest = collect(upToFault(pushSample()));
    if (!rest.ok) return rest;
    const place = stages === undefined ? { row: 1, column: 1 } : placeOf(stages);
    return ok({ ...place, rows: [...read.value, ...rest.value] });
  }

  return {
    breakOff,
    rowCount: () => stages?.tokenizer.rowCount() ?? 0,
    linesBefore,
    pushInSteps,
    endInSteps,
    push: (text) => collect(pushInSteps(text)),
    end: () => collect(endInSteps()),
  };
}
