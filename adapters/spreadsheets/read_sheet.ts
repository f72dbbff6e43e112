/** A file of recipients as it was uploaded, read into rows of texts: CSV in several encodings, XLSX and ODS. */
import type { SheetFault } from "../../domain/csv/faults.ts";
import { createCsvReader } from "../../domain/csv/csv_reader.ts";
import { FILE_KIND_SAMPLE, findFileKind } from "../../domain/csv/file_kind.ts";
import { SHEET_MAX_BYTES } from "../../domain/csv/limits.ts";
import type { SheetBatch, SheetHint, SheetRow } from "../../domain/ports/read_sheet.ts";
import type { CsvRows, Delimiter } from "../../domain/csv/tokenizer.ts";
import { createSheetDecoder, type EncodingFault } from "../../domain/csv/text_decoder.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { isOds, readOds } from "./ods.ts";
import { SheetError } from "./sheet_error.ts";
import { readXlsx } from "./xlsx.ts";
import { findWorkbook } from "./xlsx_parts.ts";
import { readZip } from "./zip.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The pieces of an upload.
 *
 * @throws SheetError when they are too many
 */
async function* readUpload(
  upload: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Bytes> {
  let size = 0;
  // Piping gives up at the signal also while nothing comes.
  for await (const piece of upload.pipeThrough(new TransformStream(), { signal })) {
    size += piece.length;
    if (size > SHEET_MAX_BYTES) {
      throw new SheetError({ kind: "too_large", maxBytes: SHEET_MAX_BYTES });
    }
    if (piece.length > 0) yield new Uint8Array(piece);
  }
}

function join(pieces: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The first bytes of a file, as many as tell what it is. */
async function readStart(upload: AsyncGenerator<Bytes>): Promise<Bytes> {
  const pieces: Bytes[] = [];
  let size = 0;
  while (size < FILE_KIND_SAMPLE) {
    const next = await upload.next();
    if (next.done === true) break;
    pieces.push(next.value);
    size += next.value.length;
  }
  return join(pieces);
}

function valueOf(read: Result<CsvRows, SheetFault>): CsvRows {
  if (!read.ok) throw new SheetError(read.refusal);
  return read.value;
}

/** A tab where the name or the type says so; else it is found. */
function hintedDelimiter({ contentType = "", fileName = "" }: SheetHint): Delimiter | undefined {
  return /^text\/tab-separated-values\b/i.test(contentType) || /\.(?:tsv|tab)$/i.test(fileName)
    ? "\t"
    : undefined;
}

async function* readText(
  start: Bytes,
  upload: AsyncGenerator<Bytes>,
  hint: SheetHint,
): AsyncGenerator<readonly SheetRow[]> {
  let count = 0;
  const numbered = (rows: CsvRows) =>
    rows.map((cells) => ({ row: ++count + reader.linesBefore(), cells }));
  const decoder = createSheetDecoder();
  const reader = createCsvReader({ delimiter: hintedDelimiter(hint) });
  const read = (decoded: Result<string, EncodingFault>): readonly SheetRow[] => {
    if (decoded.ok) return numbered(valueOf(reader.push(decoded.value)));
    const { before, encoding } = decoded.refusal;
    // The mark stands for the bad bytes, so that the row they are in is a row.
    valueOf(reader.push(`${before}\ufffd`));
    valueOf(reader.end());
    const row = reader.rowCount() + reader.linesBefore();
    throw new SheetError({ kind: "bad_encoding", row, encoding });
  };
  yield read(decoder.push(start));
  for await (const piece of upload) yield read(decoder.push(piece));
  yield read(decoder.end());
  yield numbered(valueOf(reader.end()));
}

/** A file in memory; its pieces are let go when it is whole. */
async function readWhole(start: Bytes, upload: AsyncGenerator<Bytes>): Promise<Bytes> {
  const pieces = [start];
  for await (const piece of upload) pieces.push(piece);
  return join(pieces);
}

async function* readPacked(
  start: Bytes,
  upload: AsyncGenerator<Bytes>,
  signal: AbortSignal,
): AsyncGenerator<readonly SheetRow[]> {
  const zip = readZip(await readWhole(start, upload));
  if (await isOds(zip, signal)) return yield* readOds(zip, signal);
  const workbook = await findWorkbook(zip, signal);
  if (workbook === undefined) throw new SheetError({ kind: "zip_not_sheet" });
  yield* readXlsx(zip, workbook, signal);
}

async function* readRows(
  upload: AsyncGenerator<Bytes>,
  hint: SheetHint,
  signal: AbortSignal,
): AsyncGenerator<readonly SheetRow[]> {
  try {
    const start = await readStart(upload);
    if (start.length === 0) throw new SheetError({ kind: "empty" });
    const found = findFileKind(start.subarray(0, FILE_KIND_SAMPLE));
    if (found.kind === "refused") throw new SheetError(found.fault);
    yield* found.kind === "zip" ? readPacked(start, upload, signal) : readText(start, upload, hint);
  } finally {
    await upload.return(undefined);
  }
}

/**
 * Reads an uploaded file a batch of rows at a time, the headers first.
 *
 * What the file is, its content says: CSV, TSV or semicolons in UTF-8, UTF-16, windows-1251 or windows-1252; or the first
 * visible sheet of XLSX or ODS, numbers in all their digits and dates as ISO 8601. CSV is streamed; a packed file is held in
 * memory as it was sent, and unpacked a piece at a time.
 *
 * Every batch has a row at least. A file that is refused gives its fault as the last batch; rows may have been given before
 * it, so nothing may be done with them for good before the end. Reading no further closes the upload.
 *
 * @throws the signal's reason, and what the upload itself fails with
 */
export async function* readSheet(
  upload: ReadableStream<Uint8Array>,
  hint: SheetHint,
  signal: AbortSignal,
): AsyncGenerator<SheetBatch> {
  let count = 0;
  try {
    for await (const rows of readRows(readUpload(upload, signal), hint, signal)) {
      signal.throwIfAborted();
      count += rows.length;
      if (rows.length > 0) yield ok(rows);
    }
    if (count < 2) yield refuse({ kind: count === 0 ? "empty" : "only_header" });
  } catch (error) {
    if (!(error instanceof SheetError)) throw error;
    yield refuse(error.fault);
  }
}
