/** Where the rows of a list come from: a file, a form with a file, or JSON. */
import type { SheetFault } from "../../domain/csv/faults.ts";
import { SHEET_MAX_BYTES } from "../../domain/csv/limits.ts";
import type { ReadSheet, SheetBatch, SheetHint } from "../../domain/ports/read_sheet.ts";
import type { CsvRows } from "../../domain/csv/tokenizer.ts";
import { ok, type Result } from "../../domain/result.ts";
import { isJsonObject } from "../../domain/notify_v2/fields.ts";
import { type JsonRowsFault, readJsonRows } from "../../domain/jobs/json_rows.ts";
import { parseJson, withLongNumbers } from "../../routes/http/json.ts";
import { createStreamHash } from "./file_hash.ts";
import { MAX_PART_HEADER, readBoundary, readFilePart } from "../../routes/http/multipart.ts";
import { UploadError } from "./upload_error.ts";

/** The largest body with rows as JSON, in bytes: it is held in memory. */
export const JSON_ROWS_MAX_BYTES = 20_000_000;
/** The largest form with a file, in bytes. */
export const FORM_MAX_BYTES = SHEET_MAX_BYTES + 2 * MAX_PART_HEADER;

/** How many rows in JSON are handed on at a time. */
const JSON_BATCH = 512;

/** A list that is being uploaded; read once. */
export interface RecipientSource {
  readonly fileName: string | undefined;
  /**
   * The rows, as `ReadSheet` gives them.
   *
   * @throws UploadError where the body is no such body
   */
  rows(signal: AbortSignal): AsyncGenerator<SheetBatch>;
  /** Reads what was not read yet, and does nothing with it. */
  drain(): Promise<void>;
  /** A hash of all its bytes, once it has been read to the end. */
  hash(): Promise<string>;
}

type Bytes = ReadableStream<Uint8Array>;

/** Says of a body that breaks off that it does: what the runtime says of it is its own affair. */
function guard(body: Bytes): Bytes {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch {
        throw new UploadError({ kind: "interrupted" });
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

function streamOf(body: Bytes | null): Bytes {
  return body === null ? new Blob([]).stream() : guard(body);
}

/** A list in a file's bytes. */
export function fileSource(bytes: Bytes, hint: SheetHint, readSheet: ReadSheet): RecipientSource {
  const hash = createStreamHash();
  const hashed = bytes.pipeThrough(hash.stream);
  return {
    fileName: hint.fileName,
    rows: (signal) => readSheet(hashed, hint, signal),
    async drain() {
      let size = 0;
      for await (const piece of hashed) {
        size += piece.length;
        if (size > SHEET_MAX_BYTES) {
          throw new UploadError({ kind: "too-large", maxBytes: SHEET_MAX_BYTES });
        }
      }
    },
    hash: hash.digest,
  };
}

/** A list that is in memory. */
export function rowsSource(rows: CsvRows): RecipientSource {
  return {
    fileName: undefined,
    async *rows(signal) {
      for (let from = 0; from < rows.length; from += JSON_BATCH) {
        signal.throwIfAborted();
        const batch = rows.slice(from, from + JSON_BATCH);
        yield ok(batch.map((cells, at) => ({ row: from + at + 1, cells })));
      }
    },
    drain: () => Promise.resolve(),
    hash: () => hashRows(rows),
  };
}

/** A hash of rows, of which some at a time are written out. */
async function hashRows(rows: CsvRows): Promise<string> {
  const hash = createStreamHash();
  const encoder = new TextEncoder();
  let from = 0;
  const written = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (from >= rows.length) return controller.close();
      const batch = rows.slice(from, from + JSON_BATCH);
      from += JSON_BATCH;
      controller.enqueue(encoder.encode(batch.map((row) => `${JSON.stringify(row)}\n`).join("")));
    },
  });
  await written.pipeThrough(hash.stream).pipeTo(new WritableStream());
  return await hash.digest();
}

/**
 * Reads a body that is held in memory, and no more of it than allowed.
 *
 * @throws UploadError
 */
export async function readWithin(body: Bytes | null, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const texts: string[] = [];
  let size = 0;
  for await (const piece of streamOf(body)) {
    size += piece.length;
    if (size > maxBytes) throw new UploadError({ kind: "too-large", maxBytes });
    texts.push(decode(decoder, piece));
  }
  return texts.join("") + decode(decoder);
}

function decode(decoder: TextDecoder, piece?: Uint8Array): string {
  try {
    return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
  } catch {
    throw new UploadError({ kind: "not-json" });
  }
}

/** Refuses a body by the length that it says it has, unread. What says nothing, or lies, is counted as it comes. */
function checkLength(request: Request, maxBytes: number): void {
  const length = request.headers.get("content-length");
  if (length !== null && Number(length) > maxBytes) {
    throw new UploadError({ kind: "too-large", maxBytes });
  }
}

/** What a body of JSON may be refused by. */
export type ListBodyRefusal = JsonRowsFault | SheetFault;

async function openJson(request: Request): Promise<Result<RecipientSource, ListBodyRefusal>> {
  checkLength(request, JSON_ROWS_MAX_BYTES);
  const text = await readWithin(request.body, JSON_ROWS_MAX_BYTES);
  const json = withLongNumbers(text, parseJson(text));
  if (json === undefined) throw new UploadError({ kind: "not-json" });
  const isRows = isJsonObject(json) && Object.keys(json).every((key) => key === "rows");
  const rows = readJsonRows(isRows ? json.rows : undefined);
  return rows.ok ? ok(rowsSource(rows.value)) : rows;
}

/**
 * Opens the body of an upload: JSON and forms by their content type, everything else is a file, and its content says of
 * what kind.
 *
 * @throws UploadError
 */
export async function openUpload(
  request: Request,
  fileName: string | undefined,
  readSheet: ReadSheet,
): Promise<Result<RecipientSource, ListBodyRefusal>> {
  const contentType = request.headers.get("content-type") ?? "";
  const kind = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (kind === "application/json") return await openJson(request);
  if (kind !== "multipart/form-data") {
    checkLength(request, SHEET_MAX_BYTES);
    return ok(fileSource(streamOf(request.body), { contentType, fileName }, readSheet));
  }
  checkLength(request, FORM_MAX_BYTES);
  const boundary = readBoundary(contentType);
  if (boundary === undefined) throw new UploadError({ kind: "not-multipart" });
  const part = await readFilePart(streamOf(request.body), boundary);
  const hint = { contentType: part.contentType, fileName: fileName ?? part.fileName };
  return ok(fileSource(part.bytes, hint, readSheet));
}
