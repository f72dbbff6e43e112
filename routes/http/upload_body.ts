/**
 * Opens the body of an upload of a recipient list, of which a job is created: a file, a form with one file, or rows as
 * JSON.
 */
import type { Context } from "hono";
import {
  fileSource,
  type RecipientSource,
  rowsSource,
} from "../../application/jobs/recipient_source.ts";
import { UploadError, type UploadFault } from "../../application/jobs/upload_error.ts";
import type { SheetFault } from "../../domain/csv/faults.ts";
import { SHEET_MAX_BYTES } from "../../domain/csv/limits.ts";
import { runInSlices } from "../../application/event_loop.ts";
import { JSON_ROWS_LIMITS, type JsonRowsFault, readJsonRows } from "../../domain/jobs/json_rows.ts";
import { isJsonObject } from "../../domain/json/json_object.ts";
import { jsonLimitMessage, readJsonInSteps } from "../../domain/json/read_json.ts";
import type { ReadSheet, SheetHint } from "../../domain/ports/read_sheet.ts";
import { ok, type Result } from "../../domain/result.ts";
import { BODY_FAULT_MESSAGES, readText } from "./body.ts";
import {
  type FileForm,
  MAX_PART_HEADER,
  readBoundary,
  readFileForm,
  readFilePart,
} from "./multipart.ts";

/**
 * The largest JSON body with rows, in bytes. It is lower than that of a file, since the whole body is held in memory.
 */
export const JSON_ROWS_MAX_BYTES = 20_000_000;
/** The largest `multipart/form-data` body, in bytes: the largest file, and room for the form around it. */
export const FORM_MAX_BYTES = SHEET_MAX_BYTES + 2 * MAX_PART_HEADER;

/** The message for each fault; of a limit of JSON, its own. */
const UPLOAD_FAULT_MESSAGES = {
  interrupted: "The upload broke off before its end",
  "too-large": "The upload is too large",
  "bodies-too-large": BODY_FAULT_MESSAGES["bodies-too-large"],
  "not-multipart": "The body is not multipart/form-data as its content type says",
  "not-one-file": "Send one file as the form's only field, and the options in the query",
  "not-json": "The body is not JSON",
} as const satisfies Record<Exclude<UploadFault["kind"], "json-limit">, string>;

/** Returns the message in English that says why an upload's body cannot be read. */
export function uploadFaultMessage(fault: UploadFault): string {
  return fault.kind === "json-limit" ? jsonLimitMessage(fault) : UPLOAD_FAULT_MESSAGES[fault.kind];
}

/** Why the rows of a valid JSON body cannot be used. */
export type RowsRefusal = JsonRowsFault | SheetFault;

type Bytes = ReadableStream<Uint8Array>;

/**
 * Opens the body of an upload as a source of rows. `application/json` is `{"rows": […]}` with lists (the headers first)
 * or objects, and is read whole; `multipart/form-data` is a form with one file; any other body is the file itself. A
 * file's content is not read yet, and its format is detected from it.
 *
 * @param hint the file's name and encoding as the request gives them outside the body; the name wins over the form's,
 * and the encoding counts for text files only
 * @returns a refusal when the JSON has no valid rows
 * @throws {UploadError} when the body is too large, broken off, or not what its content type says
 */
export async function openUpload(
  c: Pick<Context, "req" | "get">,
  { fileName, encoding }: Pick<SheetHint, "fileName" | "encoding">,
  readSheet: ReadSheet,
): Promise<Result<RecipientSource, RowsRefusal>> {
  const request = c.req.raw;
  const contentType = request.headers.get("content-type") ?? "";
  const mediaType = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (mediaType === "application/json") return await openJson(c);
  if (mediaType !== "multipart/form-data") {
    checkContentLength(request, SHEET_MAX_BYTES);
    return ok(fileSource(toStream(request.body), { contentType, fileName, encoding }, readSheet));
  }
  checkContentLength(request, FORM_MAX_BYTES);
  const boundary = readBoundary(contentType);
  if (boundary === undefined) throw new UploadError({ kind: "not-multipart" });
  const part = await readFilePart(toStream(request.body), boundary);
  const hint = { contentType: part.contentType, fileName: fileName ?? part.fileName, encoding };
  return ok(fileSource(part.bytes, hint, readSheet));
}

async function openJson(
  c: Pick<Context, "req" | "get">,
): Promise<Result<RecipientSource, RowsRefusal>> {
  const { json } = await readJsonRowsBody(c);
  const hasOnlyRows = isJsonObject(json) && Object.keys(json).every((key) => key === "rows");
  const rows = await runInSlices(
    readJsonRows(hasOnlyRows ? json.rows : undefined),
    c.req.raw.signal,
  );
  return rows.ok ? ok(rowsSource(rows.value)) : rows;
}

/** A JSON body that may hold rows. It is valid JSON; its shape has not been checked. */
export interface JsonRowsBody {
  /** The body's size in bytes. */
  readonly bytes: number;
  /** The parsed body. Integers that a double cannot represent exactly are strings of their digits. */
  readonly json: unknown;
}

/**
 * Reads and parses a JSON body of at most {@link JSON_ROWS_MAX_BYTES}, whatever its content type. Parsing yields to the
 * event loop between time slices.
 *
 * @throws {UploadError} `too-large` as soon as the body is longer; `not-json` when it is not valid JSON in UTF-8;
 * `json-limit` when the JSON is too deep or has too many values; `interrupted` when the client stopped sending;
 * `bodies-too-large` when all requests together hold as many bytes as the process allows
 */
export async function readJsonRowsBody(c: Pick<Context, "req" | "get">): Promise<JsonRowsBody> {
  const maxBytes = JSON_ROWS_MAX_BYTES;
  const read = await readText(c, maxBytes);
  if (!read.ok) {
    const { kind } = read.refusal;
    throw new UploadError(
      kind === "too-large"
        ? { kind, maxBytes }
        : { kind: kind === "broken-off" ? "interrupted" : kind },
    );
  }
  const { text, bytes } = read.value;
  if (text === undefined) throw new UploadError({ kind: "not-json" });
  const steps = readJsonInSteps(text, JSON_ROWS_LIMITS, { keepsLongIntegers: true });
  const json = await runInSlices(steps, c.req.raw.signal);
  if (!json.ok) throw new UploadError(json.refusal);
  return { bytes, json: json.value };
}

/**
 * Opens a form with one file and some fields before it. The file's content is not read yet.
 *
 * @throws {UploadError} when the body is too large, broken off, or not such a form
 */
export async function openFileForm(request: Request): Promise<FileForm> {
  checkContentLength(request, FORM_MAX_BYTES);
  const boundary = readBoundary(request.headers.get("content-type") ?? "");
  if (boundary === undefined) throw new UploadError({ kind: "not-multipart" });
  return await readFileForm(toStream(request.body), boundary);
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
