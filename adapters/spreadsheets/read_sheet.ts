/** Reads an uploaded recipient file: CSV in several encodings, XLSX and ODS. */
import type { SheetFault } from "../../domain/csv/faults.ts";
import { createCsvReader, type CsvReader } from "../../domain/csv/csv_reader.ts";
import { FILE_KIND_SAMPLE, findFileKind } from "../../domain/csv/file_kind.ts";
import { SHEET_MAX_BYTES } from "../../domain/csv/limits.ts";
import type {
  SheetBatch,
  SheetEncoding,
  SheetFacts,
  SheetHint,
  SheetRow,
} from "../../domain/ports/read_sheet.ts";
import { createEncodingSample } from "./encoding_sample.ts";
import type { CsvRows, Delimiter } from "../../domain/csv/tokenizer.ts";
import {
  createSheetDecoder,
  type Decoded,
  type EncodingFault,
  type SheetDecoder,
} from "../../domain/csv/text_decoder.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { perInvocation } from "../invocation/invocation.ts";
import { createHeldRowsCheck } from "./held_rows.ts";
import { SPREADSHEETS_AT_ONCE } from "./limits.ts";
import { isOds, readOds } from "./ods.ts";
import { startPace } from "./pace.ts";
import { SheetError } from "./sheet_error.ts";
import { createSlots } from "./slots.ts";
import { readXlsx } from "./xlsx.ts";
import { findWorkbook } from "./xlsx_parts.ts";
import { readZip } from "./zip.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const PIECE_BYTES = 65_536;

/**
 * Yields the chunks of an upload.
 *
 * @throws {SheetError} when the upload is too large
 */
async function* readUpload(
  upload: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Bytes> {
  let size = 0;
  // Piping with the signal ends the wait even while no chunk arrives.
  for await (const chunk of upload.pipeThrough(new TransformStream(), { signal })) {
    size += chunk.length;
    if (size > SHEET_MAX_BYTES) {
      throw new SheetError({ kind: "too_large", maxBytes: SHEET_MAX_BYTES });
    }
    // Pieces of a large chunk, so that each is read in a few milliseconds.
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      yield new Uint8Array(chunk.subarray(at, at + PIECE_BYTES));
    }
  }
}

function join(chunks: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Reads as many bytes as the detection of the file's kind needs. */
async function readStart(upload: AsyncGenerator<Bytes>): Promise<Bytes> {
  const chunks: Bytes[] = [];
  let size = 0;
  while (size < FILE_KIND_SAMPLE) {
    const next = await upload.next();
    if (next.done === true) break;
    chunks.push(next.value);
    size += next.value.length;
  }
  return join(chunks);
}

function valueOf(read: Result<CsvRows, SheetFault>): CsvRows {
  if (!read.ok) throw new SheetError(read.refusal);
  return read.value;
}

/** A tab when the name or content type says so; `undefined` when the delimiter must be detected. */
function hintedDelimiter({ contentType = "", fileName = "" }: SheetHint): Delimiter | undefined {
  return /^text\/tab-separated-values\b/i.test(contentType) || /\.(?:tsv|tab)$/i.test(fileName)
    ? "\t"
    : undefined;
}

async function* readText(
  start: Bytes,
  upload: AsyncGenerator<Bytes>,
  hint: SheetHint,
  signal: AbortSignal,
): AsyncGenerator<readonly SheetRow[], SheetFacts> {
  let count = 0;
  let headers: readonly string[] | undefined;
  const decoder = createSheetDecoder(hint.encoding);
  const sample = createEncodingSample();
  const reader = createCsvReader({ delimiter: hintedDelimiter(hint), strictQuotes: true });
  const pace = startPace();
  async function* numbered(
    steps: Iterable<Result<CsvRows, SheetFault>>,
  ): AsyncGenerator<readonly SheetRow[]> {
    for (const step of steps) {
      const rows = valueOf(step);
      headers ??= rows[0];
      sample.add(rows);
      yield rows.map((cells) => ({ row: ++count + reader.linesBefore(), cells }));
      await pace(signal);
    }
  }
  async function* read(pieces: Iterable<Decoded>): AsyncGenerator<readonly SheetRow[]> {
    for (const decoded of pieces) {
      if (!decoded.ok) throw new SheetError(toFault(decoded.refusal, reader, headers));
      sample.noteText(decoded.value);
      yield* numbered(reader.pushInSteps(decoded.value));
    }
    // Bytes may be kept without a row for long.
    await pace(signal);
  }
  yield* read(decoder.push(start));
  for await (const chunk of upload) yield* read(decoder.push(chunk));
  yield* read(decoder.end());
  yield* numbered(reader.endInSteps());
  return { encoding: encodingOf(decoder), sample: sample.cells };
}

/** Finds the place of bytes that are not valid. @param headers the first row, if it is complete */
function toFault(
  { before, encoding, isUtf8 }: EncodingFault,
  reader: CsvReader,
  headers: readonly string[] | undefined,
): SheetFault {
  // U+FFFD takes the place of the bytes, so that the cell which contains them is counted.
  const place = reader.breakOff(`${before}\ufffd`);
  if (!place.ok) return place.refusal;
  const { row, column, rows } = place.value;
  const header = (headers ?? rows[0])?.[column - 1] ?? null;
  return { kind: "bad_encoding", row, column, header, encoding, isUtf8 };
}

function encodingOf(decoder: SheetDecoder): SheetEncoding {
  return { name: decoder.encoding(), isCertain: decoder.guess()?.isCertain !== false };
}

/** The bytes of the first buffer for a file; each further buffer is twice as large. */
const FIRST_BUFFER = 1_048_576;

/**
 * Passes the rows of a spreadsheet on.
 *
 * @throws {SheetError} when a cell holds further rows
 * @throws the signal's reason
 */
async function* refuseHeldRows(
  batches: AsyncIterable<readonly SheetRow[]>,
  signal: AbortSignal,
): AsyncGenerator<readonly SheetRow[]> {
  const findHeldRows = createHeldRowsCheck();
  const pace = startPace();
  let characters = 0;
  for await (const rows of batches) {
    for (const row of rows) {
      const fault = findHeldRows(row);
      if (fault !== undefined) throw new SheetError(fault);
      for (const cell of row.cells) characters += cell.length;
      // A batch may be long, because a sheet is packed.
      if (characters < PIECE_BYTES) continue;
      characters = 0;
      await pace(signal);
    }
    yield rows;
  }
}

/** Reads the rest of a file into memory. */
async function readWhole(start: Bytes, upload: AsyncGenerator<Bytes>): Promise<Bytes> {
  let buffer = new ArrayBuffer(Math.max(FIRST_BUFFER, start.length));
  new Uint8Array(buffer).set(start);
  let size = start.length;
  for await (const chunk of upload) {
    // `transfer` frees the smaller buffer at once: a list of chunks and their copy would take twice the file's size.
    if (size + chunk.length > buffer.byteLength) {
      buffer = buffer.transfer(Math.max(2 * buffer.byteLength, size + chunk.length));
    }
    new Uint8Array(buffer).set(chunk, size);
    size += chunk.length;
  }
  return new Uint8Array(buffer, 0, size);
}

/** On Workers each request has its own: a request that is cut off, because its client has left, never releases its slot. */
const slotsOf = perInvocation(() => createSlots(SPREADSHEETS_AT_ONCE));

async function* readZipFile(
  start: Bytes,
  upload: AsyncGenerator<Bytes>,
  signal: AbortSignal,
): AsyncGenerator<readonly SheetRow[]> {
  const bytes = await readWhole(start, upload);
  const release = await slotsOf().acquire(signal);
  try {
    const zip = readZip(bytes);
    if (await isOds(zip, signal)) return yield* refuseHeldRows(readOds(zip, signal), signal);
    const workbook = await findWorkbook(zip, signal);
    if (workbook === undefined) throw new SheetError({ kind: "zip_not_sheet" });
    yield* refuseHeldRows(readXlsx(zip, workbook, signal), signal);
  } finally {
    release();
  }
}

async function* readRows(
  upload: AsyncGenerator<Bytes>,
  hint: SheetHint,
  signal: AbortSignal,
): AsyncGenerator<readonly SheetRow[], SheetFacts> {
  try {
    const start = await readStart(upload);
    if (start.length === 0) throw new SheetError({ kind: "empty" });
    const fileKind = findFileKind(start.subarray(0, FILE_KIND_SAMPLE));
    if (fileKind.kind === "refused") throw new SheetError(fileKind.fault);
    if (fileKind.kind === "text") return yield* readText(start, upload, hint, signal);
    yield* readZipFile(start, upload, signal);
    return { encoding: null, sample: [] };
  } finally {
    await upload.return(undefined);
  }
}

/**
 * Yields the rows of an uploaded file in batches, the headers first.
 *
 * The content decides the format: values separated by commas, tabs or semicolons, in UTF-8, UTF-16, windows-1250, -1251
 * or -1252, or in the encoding that the hint names; or the first visible sheet of XLSX or ODS, with all digits of
 * numbers and dates in ISO 8601. Text is streamed, unless its whole bytes are needed to decide its encoding. A ZIP file
 * is held in memory compressed, and inflated in chunks.
 *
 * Every batch has at least one row. If the file is refused (damaged, over a limit, or without rows below the headers),
 * the last batch is the refusal. Rows may come before it, so do not act on them before the end. Ending the iteration
 * closes the upload.
 *
 * @param hint the file's name and content type, which only help to detect values separated by tabs; and its encoding
 * @throws the signal's reason, and errors of the upload itself
 */
export async function* readSheet(
  upload: ReadableStream<Uint8Array>,
  hint: SheetHint,
  signal: AbortSignal,
): AsyncGenerator<SheetBatch, SheetFacts | undefined> {
  let count = 0;
  let facts: SheetFacts | undefined;
  async function* readFile(): AsyncGenerator<readonly SheetRow[]> {
    facts = yield* readRows(readUpload(upload, signal), hint, signal);
  }
  try {
    for await (const rows of readFile()) {
      signal.throwIfAborted();
      count += rows.length;
      if (rows.length > 0) yield ok(rows);
    }
    if (count < 2) yield refuse({ kind: count === 0 ? "empty" : "only_header" });
  } catch (error) {
    if (!(error instanceof SheetError)) throw error;
    yield refuse(error.fault);
  }
  return facts;
}
