/**
 * Streams the only file of a form (`multipart/form-data`). The runtimes' `formData()` holds the whole form in memory.
 *
 * Source: RFC 7578, RFC 2046 5.1.1.
 */
import { UploadError } from "../../application/jobs/upload_error.ts";

/**
 * The most bytes, approximately, of each section before the file's content: the preamble, the rest of the boundary's
 * line, and the part's headers. A longer section is refused as `not-multipart`.
 */
export const MAX_PART_HEADER = 16_384;
/** The longest boundary that is accepted, in characters (RFC 2046 5.1.1). */
export const MAX_BOUNDARY = 70;
/** The most bytes that are read after the end of the form. */
const MAX_EPILOGUE = 4_096;

const CR = 13;
const encoder = new TextEncoder();

/** A form's file, with its content still to be read. */
export interface FilePart {
  /** The name as the client sent it, decoded; it may be empty or contain a path. */
  readonly fileName: string;
  readonly contentType: string | undefined;
  /**
   * The file's content. Reading it fails with an {@link UploadError}: `interrupted` when the body ends before the
   * closing boundary, `not-one-file` when another part follows the file, `not-multipart` when the form is not valid.
   */
  readonly bytes: ReadableStream<Uint8Array>;
}

/**
 * Returns the `boundary` parameter of a `Content-Type` header's value; `undefined` when it has none, or one of more
 * than {@link MAX_BOUNDARY} characters.
 */
export function readBoundary(contentType: string): string | undefined {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"\r\n]+)"|([^\s;"]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  return boundary === undefined || boundary.length > MAX_BOUNDARY ? undefined : boundary;
}

/** Buffers a stream for looking ahead. */
function createLookAhead(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader();
  let buffer = new Uint8Array();
  return {
    buffer: () => buffer,
    /** Removes and returns the first `count` bytes of the buffer. */
    take(count: number): Uint8Array {
      const bytes = buffer.subarray(0, count);
      buffer = buffer.subarray(count);
      return bytes;
    },
    /** Reads the next chunk into the buffer. @returns `false` at the end of the stream */
    async readMore(): Promise<boolean> {
      const { done, value } = await reader.read();
      if (done) return false;
      const joined = new Uint8Array(buffer.length + value.length);
      joined.set(buffer);
      joined.set(value, buffer.length);
      buffer = joined;
      return true;
    },
    cancel: (reason?: unknown) => reader.cancel(reason),
  };
}

type LookAhead = ReturnType<typeof createLookAhead>;

/** The index of a sequence in `bytes`, or -1. The sequence should begin with a rare byte, such as CR, or be short. */
function findBytes(bytes: Uint8Array, sequence: Uint8Array, from = 0): number {
  const [first = CR] = sequence;
  for (let at = bytes.indexOf(first, from); at !== -1; at = bytes.indexOf(first, at + 1)) {
    if (at + sequence.length > bytes.length) return -1;
    if (sequence.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

/** Reads the bytes before a delimiter, and the delimiter itself. @returns the bytes before it */
async function readUpTo(ahead: LookAhead, delimiter: Uint8Array): Promise<Uint8Array> {
  for (;;) {
    const at = findBytes(ahead.buffer(), delimiter);
    if (at !== -1) {
      const before = ahead.take(at);
      ahead.take(delimiter.length);
      return before;
    }
    if (ahead.buffer().length > MAX_PART_HEADER || !await ahead.readMore()) {
      throw new UploadError({ kind: "not-multipart" });
    }
  }
}

/** Reads the bytes after a boundary: they begin another part, or end the form. */
async function readAfterBoundary(ahead: LookAhead): Promise<"part" | "end"> {
  while (ahead.buffer().length < 2) {
    if (!await ahead.readMore()) throw new UploadError({ kind: "not-multipart" });
  }
  const [first, second] = ahead.buffer();
  if (first === 45 && second === 45) return "end";
  const blanks = await readUpTo(ahead, encoder.encode("\r\n"));
  if (blanks.some((byte) => byte !== 32 && byte !== 9)) {
    throw new UploadError({ kind: "not-multipart" });
  }
  return "part";
}

function readFileName(disposition: string): string | undefined {
  const [, encoded] = /;\s*filename\*=UTF-8''([^;\s]+)/i.exec(disposition) ?? [];
  if (encoded !== undefined) {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return "";
    }
  }
  const [, quoted, plain] = /;\s*filename=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(disposition) ??
    [];
  // Browsers encode a quotation mark as %22, other clients escape it with a backslash.
  return quoted?.replace(/\\(["\\])/g, "$1").replaceAll("%22", '"') ?? plain;
}

function readHeaders(bytes: Uint8Array): ReadonlyMap<string, string> {
  const lines = new TextDecoder().decode(bytes).split("\r\n");
  return new Map(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, Math.max(colon, 0)).trim().toLowerCase(), line.slice(colon + 1).trim()];
  }));
}

/** Reads and discards what follows the form: a client that is still sending would not read the answer. */
async function readEpilogue(ahead: LookAhead): Promise<void> {
  for (let size = ahead.buffer().length; size <= MAX_EPILOGUE; size = ahead.buffer().length) {
    if (!await ahead.readMore()) return;
  }
  await ahead.cancel();
}

function streamContent(ahead: LookAhead, delimiter: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      for (;;) {
        const buffer = ahead.buffer();
        const at = findBytes(buffer, delimiter);
        if (at !== -1) {
          if (at > 0) controller.enqueue(ahead.take(at));
          ahead.take(delimiter.length);
          if (await readAfterBoundary(ahead) === "part") {
            await ahead.cancel();
            throw new UploadError({ kind: "not-one-file" });
          }
          await readEpilogue(ahead);
          return controller.close();
        }
        // The last bytes may be the beginning of the delimiter.
        const certain = buffer.length - delimiter.length + 1;
        if (certain > 0) return controller.enqueue(ahead.take(certain));
        if (!await ahead.readMore()) throw new UploadError({ kind: "interrupted" });
      }
    },
    cancel: (reason) => ahead.cancel(reason),
  }, { highWaterMark: 0 });
}

/** Max fields before the file of a form. */
export const MAX_FORM_FIELDS = 10;

/** A form with some fields before its file. */
export interface FileForm {
  readonly fields: ReadonlyMap<string, string>;
  readonly file: FilePart;
}

/**
 * Reads a `multipart/form-data` body up to the content of its file, with the fields before it. The caller then reads the
 * content from the result's stream.
 *
 * @param boundary without the two leading hyphens
 * @throws {UploadError} `not-one-file` when no file follows at most {@link MAX_FORM_FIELDS} fields, `not-multipart` when
 * the body is not a valid form or a field is longer than {@link MAX_PART_HEADER}
 */
export async function readFileForm(
  body: ReadableStream<Uint8Array>,
  boundary: string,
): Promise<FileForm> {
  const ahead = createLookAhead(body);
  const delimiter = encoder.encode(`\r\n--${boundary}`);
  const fields = new Map<string, string>();
  try {
    await readStart(ahead, boundary);
    for (let count = 0; count <= MAX_FORM_FIELDS; count++) {
      if (await readAfterBoundary(ahead) === "end") break;
      const headers = readHeaders(await readUpTo(ahead, encoder.encode("\r\n\r\n")));
      const disposition = headers.get("content-disposition") ?? "";
      const fileName = readFileName(disposition);
      if (fileName !== undefined) {
        const contentType = headers.get("content-type");
        return { fields, file: { fileName, contentType, bytes: streamContent(ahead, delimiter) } };
      }
      const [, name = ""] = /;\s*name="([^"]*)"/i.exec(disposition) ?? [];
      fields.set(name, new TextDecoder().decode(await readUpTo(ahead, delimiter)));
    }
    throw new UploadError({ kind: "not-one-file" });
  } catch (error) {
    await ahead.cancel();
    throw error;
  }
}

/** Reads what stands before the first boundary, and the boundary. */
async function readStart(ahead: LookAhead, boundary: string): Promise<void> {
  const before = await readUpTo(ahead, encoder.encode(`--${boundary}`));
  const isStart = before.length === 0 || (before.at(-2) === CR && before.at(-1) === 10);
  if (!isStart) throw new UploadError({ kind: "not-multipart" });
}

/**
 * Reads a `multipart/form-data` body up to the content of its file. The caller then reads the content from the result's
 * stream. Later parts are detected only when the content has been read.
 *
 * @param boundary without the two leading hyphens
 * @throws {UploadError} `not-one-file` when the first part is not a file, `not-multipart` when the body is not a valid
 * form
 */
export async function readFilePart(
  body: ReadableStream<Uint8Array>,
  boundary: string,
): Promise<FilePart> {
  const ahead = createLookAhead(body);
  try {
    await readStart(ahead, boundary);
    if (await readAfterBoundary(ahead) === "end") throw new UploadError({ kind: "not-one-file" });
    const headers = readHeaders(await readUpTo(ahead, encoder.encode("\r\n\r\n")));
    const fileName = readFileName(headers.get("content-disposition") ?? "");
    if (fileName === undefined) throw new UploadError({ kind: "not-one-file" });
    return {
      fileName,
      contentType: headers.get("content-type"),
      bytes: streamContent(ahead, encoder.encode(`\r\n--${boundary}`)),
    };
  } catch (error) {
    await ahead.cancel();
    throw error;
  }
}
