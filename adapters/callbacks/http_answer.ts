/** Reads the answer of an HTTP/1.1 server to a POST (RFC 9112). Nothing of its body is kept. */
import { MAX_ANSWER_BYTES, MAX_HEAD_BYTES } from "./call_limits.ts";

/** Returns further bytes of the answer; `undefined` when the server has ended the connection. */
export type ReadBytes = () => Promise<Uint8Array | undefined>;

/** The head of a final answer. */
export interface AnswerHead {
  readonly status: number;
  /** The value of the first header `Retry-After`. */
  readonly retryAfter: string | undefined;
}

/** The error of an answer that is not HTTP/1.x, or whose head is too large. */
export class AnswerNotValid extends Error {
  override readonly name = "AnswerNotValid";
}

/** The error of a connection that ends before the answer does. */
export class AnswerCutOff extends Error {
  override readonly name = "AnswerCutOff";
}

/** The error of a body that is longer than {@link MAX_ANSWER_BYTES}. */
class BodyTooLong extends Error {
  override readonly name = "BodyTooLong";
}

/** Reads lines and counted bytes, within the limits. */
interface AnswerReader {
  /** Reads up to a line feed. @returns the line without its end */
  line(): Promise<string>;
  /** Reads bytes of the body. */
  skip(bytes: number): Promise<void>;
  /** Reads the body up to the end of the connection. */
  skipAll(): Promise<void>;
}

const LINE_FEED = 10;

function createAnswerReader(read: ReadBytes): AnswerReader {
  let chunk: Uint8Array = new Uint8Array();
  let lineBytes = 0;
  let bodyBytes = 0;
  const decoder = new TextDecoder("latin1");

  /** Makes sure that there is a byte. @returns false when the connection has ended */
  async function fill(): Promise<boolean> {
    while (chunk.length === 0) {
      const next = await read();
      if (next === undefined) return false;
      chunk = next;
    }
    return true;
  }
  function take(bytes: number): Uint8Array {
    const taken = chunk.subarray(0, bytes);
    chunk = chunk.subarray(bytes);
    return taken;
  }
  function takeBody(bytes: number): number {
    const taken = take(bytes).length;
    bodyBytes += taken;
    if (bodyBytes > MAX_ANSWER_BYTES) throw new BodyTooLong();
    return taken;
  }
  return {
    async line() {
      let text = "";
      for (;;) {
        if (!await fill()) throw new AnswerCutOff();
        const end = chunk.indexOf(LINE_FEED);
        const taken = take(end === -1 ? chunk.length : end + 1);
        lineBytes += taken.length;
        if (lineBytes > MAX_HEAD_BYTES) throw new AnswerNotValid("the head is too large");
        text += decoder.decode(taken);
        if (end !== -1) return text.replace(/\r?\n$/, "");
      }
    },
    async skip(bytes) {
      for (let left = bytes; left > 0;) {
        if (!await fill()) throw new AnswerCutOff();
        left -= takeBody(left);
      }
    },
    async skipAll() {
      while (await fill()) takeBody(chunk.length);
    },
  };
}

type Headers = ReadonlyMap<string, readonly string[]>;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: .*)?$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
const CHUNK_LINE = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i;

async function readHeaders(reader: AnswerReader): Promise<Headers> {
  const headers = new Map<string, string[]>();
  for (;;) {
    const line = await reader.line();
    if (line === "") return headers;
    const [, name = "", value = ""] = HEADER_LINE.exec(line) ?? [];
    if (name === "") throw new AnswerNotValid("a header is not valid");
    const key = name.toLowerCase();
    headers.set(key, [...headers.get(key) ?? [], value]);
  }
}

/** The elements of a header that is a list, in lower case. */
function listOf(headers: Headers, name: string): readonly string[] {
  return (headers.get(name) ?? []).flatMap((value) => value.split(","))
    .map((element) => element.trim().toLowerCase());
}

/**
 * Reads an answer up to the end of its body.
 *
 * @param onHead gets the head before the body is read
 * @returns whether the connection can be used again
 * @throws AnswerNotValid, AnswerCutOff, and what `read` throws; after `onHead` also when the body is too long
 */
export async function readAnswer(
  read: ReadBytes,
  onHead: (head: AnswerHead) => void,
): Promise<boolean> {
  const reader = createAnswerReader(read);
  for (;;) {
    const [, minor, digits] = STATUS_LINE.exec(await reader.line()) ?? [];
    if (digits === undefined) throw new AnswerNotValid("it does not begin with a status");
    const headers = await readHeaders(reader);
    const status = Number(digits);
    // An interim answer; 101 is final, since no call asks for another protocol.
    if (status < 200 && status !== 101) continue;
    const body = bodyOf(status, headers);
    onHead({ status, retryAfter: headers.get("retry-after")?.[0] });
    await skipBody(reader, body);
    return minor === "1" && body !== "to-the-end" && status !== 101 &&
      !listOf(headers, "connection").includes("close") &&
      !(headers.has("transfer-encoding") && headers.has("content-length"));
  }
}

/** How the end of a body is found: by its length in bytes, by chunks, or by the end of the connection. */
type Body = number | "chunked" | "to-the-end";

/** How the body of a final answer ends (RFC 9112, 6.3). */
function bodyOf(status: number, headers: Headers): Body {
  if (status === 101 || status === 204 || status === 304) return 0;
  if (headers.has("transfer-encoding")) {
    return listOf(headers, "transfer-encoding").at(-1) === "chunked" ? "chunked" : "to-the-end";
  }
  const lengths = new Set(listOf(headers, "content-length"));
  if (lengths.size === 0) return "to-the-end";
  const [length = ""] = lengths;
  if (lengths.size > 1 || !/^[0-9]{1,15}$/.test(length)) {
    throw new AnswerNotValid("Content-Length is not valid");
  }
  return Number(length);
}

async function skipBody(reader: AnswerReader, body: Body): Promise<void> {
  if (body === "to-the-end") return await reader.skipAll();
  if (body !== "chunked") return await reader.skip(body);
  for (;;) {
    const [, size] = CHUNK_LINE.exec(await reader.line()) ?? [];
    if (size === undefined) throw new AnswerNotValid("a chunk has no size");
    const bytes = parseInt(size, 16);
    if (bytes === 0) break;
    await reader.skip(bytes);
    if (await reader.line() !== "") throw new AnswerNotValid("a chunk has more than its size");
  }
  // The trailers.
  await readHeaders(reader);
}
