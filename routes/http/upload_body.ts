/** Opens the body of an upload: a file, a form with one file, or rows as JSON. */
import {
  fileSource,
  type RecipientSource,
  rowsSource,
} from "../../application/jobs/recipient_source.ts";
import { UploadError, type UploadFault } from "../../application/jobs/upload_error.ts";
import type { SheetFault } from "../../domain/csv/faults.ts";
import { SHEET_MAX_BYTES } from "../../domain/csv/limits.ts";
import { type JsonRowsFault, readJsonRows } from "../../domain/jobs/json_rows.ts";
import { isJsonObject } from "../../domain/json/json_object.ts";
import { MAX_JSON_DEPTH, parseJson } from "../../domain/json/parse_json.ts";
import type { ReadSheet } from "../../domain/ports/read_sheet.ts";
import { ok, type Result } from "../../domain/result.ts";
import { withLongNumbers } from "./json.ts";
import { MAX_PART_HEADER, readBoundary, readFilePart } from "./multipart.ts";

/** The largest body with rows as JSON, in bytes. It is held in memory. */
export const JSON_ROWS_MAX_BYTES = 20_000_000;
/** The largest form with a file, in bytes. */
export const FORM_MAX_BYTES = SHEET_MAX_BYTES + 2 * MAX_PART_HEADER;

/** The message for each fault. */
export const UPLOAD_FAULT_MESSAGES = {
  interrupted: "The upload broke off before its end",
  "too-large": "The upload is too large",
  "not-multipart": "The body is not multipart/form-data as its content type says",
  "not-one-file": "Send one file as the form's only field, and the options in the query",
  "not-json": "The body is not JSON",
} as const satisfies Record<UploadFault["kind"], string>;

/** Why a JSON body holds no valid rows. */
export type RowsRefusal = JsonRowsFault | SheetFault;

type Bytes = ReadableStream<Uint8Array>;

/**
 * Opens the body of an upload. The content type distinguishes JSON, forms and files; the format of a file is
 * detected from its content.
 *
 * @param fileName the file's name as the request gives it outside the body
 * @throws {UploadError}
 */
export async function openUpload(
  request: Request,
  fileName: string | undefined,
  readSheet: ReadSheet,
): Promise<Result<RecipientSource, RowsRefusal>> {
  const contentType = request.headers.get("content-type") ?? "";
  const mediaType = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (mediaType === "application/json") return await openJson(request);
  if (mediaType !== "multipart/form-data") {
    checkContentLength(request, SHEET_MAX_BYTES);
    return ok(fileSource(toStream(request.body), { contentType, fileName }, readSheet));
  }
  checkContentLength(request, FORM_MAX_BYTES);
  const boundary = readBoundary(contentType);
  if (boundary === undefined) throw new UploadError({ kind: "not-multipart" });
  const part = await readFilePart(toStream(request.body), boundary);
  const hint = { contentType: part.contentType, fileName: fileName ?? part.fileName };
  return ok(fileSource(part.bytes, hint, readSheet));
}

async function openJson(request: Request): Promise<Result<RecipientSource, RowsRefusal>> {
  const text = await readJsonRowsText(request);
  const json = withLongNumbers(text, parseJson(text, MAX_JSON_DEPTH));
  if (json === undefined) throw new UploadError({ kind: "not-json" });
  const hasOnlyRows = isJsonObject(json) && Object.keys(json).every((key) => key === "rows");
  const rows = readJsonRows(hasOnlyRows ? json.rows : undefined);
  return rows.ok ? ok(rowsSource(rows.value)) : rows;
}

/**
 * Reads a body of at most {@link JSON_ROWS_MAX_BYTES} as UTF-8.
 *
 * @throws {UploadError} `too-large` as soon as the body is longer; `not-json` when it is not UTF-8
 */
export async function readJsonRowsText(request: Request): Promise<string> {
  const maxBytes = JSON_ROWS_MAX_BYTES;
  checkContentLength(request, maxBytes);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const texts: string[] = [];
  let size = 0;
  for await (const chunk of toStream(request.body)) {
    size += chunk.length;
    if (size > maxBytes) throw new UploadError({ kind: "too-large", maxBytes });
    texts.push(decode(decoder, chunk));
  }
  return texts.join("") + decode(decoder);
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw new UploadError({ kind: "not-json" });
  }
}

/** Refuses a body unread by its `Content-Length`. A missing or false length is caught while the body is read. */
function checkContentLength(request: Request, maxBytes: number): void {
  const length = request.headers.get("content-length");
  if (length !== null && Number(length) > maxBytes) {
    throw new UploadError({ kind: "too-large", maxBytes });
  }
}

function toStream(body: Bytes | null): Bytes {
  return body === null ? new Blob([]).stream() : reportInterruption(body);
}

/** Replaces the runtime's own error, which differs between runtimes, by an {@link UploadError}. */
function reportInterruption(body: Bytes): Bytes {
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
