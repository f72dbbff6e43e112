/**
 * The one file of a form (`multipart/form-data`), as a stream: the runtimes' `formData()` holds all of it in memory.
 *
 * Source: RFC 7578, RFC 2046 5.1.1.
 */
import { UploadError } from "../../application/jobs/upload_error.ts";

/** How long what stands before a part's content may be, in bytes. */
export const MAX_PART_HEADER = 16_384;
/** The longest boundary, in characters (RFC 2046 5.1.1). */
export const MAX_BOUNDARY = 70;
/** How much may follow the form's end, in bytes. */
const MAX_EPILOGUE = 4_096;

const CR = 13;
const encoder = new TextEncoder();

/** A file of a form. */
export interface FilePart {
  readonly fileName: string;
  readonly contentType: string | undefined;
  /** Fails with an {@link UploadError} where the form turns out to be no such form. */
  readonly bytes: ReadableStream<Uint8Array>;
}

/** The boundary that a content type names; `undefined` when it names none. */
export function readBoundary(contentType: string): string | undefined {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"\r\n]+)"|([^\s;"]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  return boundary === undefined || boundary.length > MAX_BOUNDARY ? undefined : boundary;
}

/** A stream read piece by piece, with a look ahead. */
function createLookAhead(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader();
  let held = new Uint8Array();
  return {
    held: () => held,
    /** Takes so many bytes off the front. */
    take(count: number): Uint8Array {
      const taken = held.subarray(0, count);
      held = held.subarray(count);
      return taken;
    },
    /** @returns `false` at the end */
    async more(): Promise<boolean> {
      const { done, value } = await reader.read();
      if (done) return false;
      const joined = new Uint8Array(held.length + value.length);
      joined.set(held);
      joined.set(value, held.length);
      held = joined;
      return true;
    },
    cancel: (reason?: unknown) => reader.cancel(reason),
  };
}

type LookAhead = ReturnType<typeof createLookAhead>;

/** Where `wanted`, which begins with a CR or is short, stands in the bytes; -1 where it does not. */
function findBytes(bytes: Uint8Array, wanted: Uint8Array, from = 0): number {
  const [first = CR] = wanted;
  for (let at = bytes.indexOf(first, from); at !== -1; at = bytes.indexOf(first, at + 1)) {
    if (at + wanted.length > bytes.length) return -1;
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

/** Reads up to `wanted`, and takes it off too. */
async function readUpTo(ahead: LookAhead, wanted: Uint8Array): Promise<Uint8Array> {
  for (;;) {
    const at = findBytes(ahead.held(), wanted);
    if (at !== -1) {
      const before = ahead.take(at);
      ahead.take(wanted.length);
      return before;
    }
    if (ahead.held().length > MAX_PART_HEADER || !await ahead.more()) {
      throw new UploadError({ kind: "not-multipart" });
    }
  }
}

/** What follows a boundary: another part, or the end. */
async function readAfterBoundary(ahead: LookAhead): Promise<"part" | "end"> {
  while (ahead.held().length < 2) {
    if (!await ahead.more()) throw new UploadError({ kind: "not-multipart" });
  }
  const [first, second] = ahead.held();
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
  // Browsers write a quotation mark as %22, others put a backslash before it.
  return quoted?.replace(/\\(["\\])/g, "$1").replaceAll("%22", '"') ?? plain;
}

function readHeaders(bytes: Uint8Array): ReadonlyMap<string, string> {
  const lines = new TextDecoder().decode(bytes).split("\r\n");
  return new Map(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, Math.max(colon, 0)).trim().toLowerCase(), line.slice(colon + 1).trim()];
  }));
}

/** What is left behind a form's end is of no use, but a client that still sends it would not read the answer. */
async function readEpilogue(ahead: LookAhead): Promise<void> {
  for (let size = ahead.held().length; size <= MAX_EPILOGUE; size = ahead.held().length) {
    if (!await ahead.more()) return;
  }
  await ahead.cancel();
}

function streamContent(ahead: LookAhead, delimiter: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      for (;;) {
        const held = ahead.held();
        const at = findBytes(held, delimiter);
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
        // The delimiter may have begun.
        const sure = held.length - delimiter.length + 1;
        if (sure > 0) return controller.enqueue(ahead.take(sure));
        if (!await ahead.more()) throw new UploadError({ kind: "interrupted" });
      }
    },
    cancel: (reason) => ahead.cancel(reason),
  }, { highWaterMark: 0 });
}

/**
 * Finds the one file of a form. Reads no further than to its beginning.
 *
 * @throws UploadError where there is none, or a field that is no file comes first
 */
export async function readFilePart(
  body: ReadableStream<Uint8Array>,
  boundary: string,
): Promise<FilePart> {
  const ahead = createLookAhead(body);
  try {
    const before = await readUpTo(ahead, encoder.encode(`--${boundary}`));
    const isStart = before.length === 0 || (before.at(-2) === CR && before.at(-1) === 10);
    if (!isStart) throw new UploadError({ kind: "not-multipart" });
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
