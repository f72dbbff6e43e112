/** Streaming text decoder that detects the encoding. */
import { ok, refuse, type Result } from "../result.ts";
import {
  ENCODING_SAMPLE,
  findEncoding,
  findUtf16,
  incompleteUtf8Length,
  type TextEncoding,
} from "./encoding.ts";

/** The fault of bytes that are not valid in the encoding of the text before them. */
export interface EncodingFault {
  readonly encoding: "UTF-8" | "UTF-16";
  /** The text of the complete lines before these bytes that no earlier call returned. */
  readonly before: string;
}

/** Decodes one file in chunks. */
export interface SheetDecoder {
  /** The detected encoding; `undefined` while the file is ASCII so far, or too short to decide. */
  encoding(): TextEncoding | undefined;
  /** Takes the next chunk. @returns the text that can be decoded now, which may be empty */
  push(bytes: Uint8Array): Result<string, EncodingFault>;
  /** Ends the file. @returns the remaining text */
  end(): Result<string, EncodingFault>;
}

/** The number of bytes that UTF-16 without a byte order mark is detected by. */
const FIRST_SAMPLE = 1_024;
const LINE_FEED = 0x0a;

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

/** The number of ASCII bytes at the start. */
function asciiLength(bytes: Uint8Array): number {
  const at = bytes.findIndex((byte) => byte >= 0x80);
  return at === -1 ? bytes.length : at;
}

/** The number of bytes at the end of `bytes` that begin an incomplete character. */
function incompleteLength(bytes: Uint8Array, encoding: TextEncoding): number {
  if (encoding === "utf-8") return incompleteUtf8Length(bytes);
  if (encoding !== "utf-16le" && encoding !== "utf-16be") return 0;
  const odd = bytes.length % 2;
  const high = bytes[bytes.length - odd - (encoding === "utf-16le" ? 1 : 2)] ?? 0;
  return high >= 0xd8 && high <= 0xdb ? odd + 2 : odd;
}

/** The index after each line feed. */
function lineEnds(bytes: Uint8Array, encoding: TextEncoding): readonly number[] {
  const wide = encoding === "utf-16le" || encoding === "utf-16be";
  const [width, low] = wide ? [2, encoding === "utf-16be" ? 1 : 0] : [1, 0];
  const ends: number[] = [];
  for (let at = 0; at + width <= bytes.length; at += width) {
    const high = wide ? bytes[at + 1 - low] : 0;
    if (bytes[at + low] === LINE_FEED && high === 0) ends.push(at + width);
  }
  return ends;
}

function decode(bytes: Uint8Array, encoding: TextEncoding): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Decodes the complete lines before the first bytes that are not valid. */
function decodeValidLines(bytes: Uint8Array, encoding: TextEncoding): string {
  const ends = lineEnds(bytes, encoding);
  let valid = 0;
  let invalid = ends.length + 1;
  // A binary search is possible: a prefix that ends with a line ends with a character, so shorter prefixes are valid too.
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    const isValid = decode(bytes.subarray(0, ends[middle - 1]), encoding) !== undefined;
    if (isValid) valid = middle;
    else invalid = middle;
  }
  return decode(bytes.subarray(0, valid === 0 ? 0 : ends[valid - 1]), encoding) ?? "";
}

/**
 * Creates the decoder of one file. It detects UTF-16 by its byte order mark or zero bytes, then UTF-8, then windows-1251
 * or windows-1252 by their letters.
 *
 * ASCII is the same in all encodings but UTF-16, so the first {@link ENCODING_SAMPLE} bytes from the first non-ASCII byte
 * decide. Once UTF-8 is detected, later bytes that are not UTF-8 are refused.
 */
export function createSheetDecoder(): SheetDecoder {
  let encoding: TextEncoding | undefined;
  let started = false;
  let buffer: Uint8Array = new Uint8Array();

  function decodeAs(as: TextEncoding, final: boolean): Result<string, EncodingFault> {
    const bytes = buffer;
    const end = final ? bytes.length : bytes.length - incompleteLength(bytes, as);
    buffer = bytes.slice(end);
    const whole = bytes.subarray(0, end);
    const text = decode(whole, as);
    if (text !== undefined) return ok(text);
    const before = decodeValidLines(whole, as);
    return refuse({ encoding: as === "utf-8" ? "UTF-8" : "UTF-16", before });
  }

  function read(final: boolean): Result<string, EncodingFault> {
    if (encoding !== undefined) return decodeAs(encoding, final);
    if (!started) {
      if (buffer.length < FIRST_SAMPLE && !final) return ok("");
      started = true;
      encoding = findUtf16(buffer.subarray(0, FIRST_SAMPLE));
      if (encoding !== undefined) return decodeAs(encoding, final);
    }
    const plain = asciiLength(buffer);
    const text = new TextDecoder().decode(buffer.subarray(0, plain));
    buffer = buffer.slice(plain);
    if (buffer.length === 0 || (buffer.length < ENCODING_SAMPLE && !final)) return ok(text);
    const whole = final && buffer.length <= ENCODING_SAMPLE;
    encoding = findEncoding(buffer.subarray(0, ENCODING_SAMPLE), whole);
    const rest = decodeAs(encoding, final);
    return rest.ok
      ? ok(text + rest.value)
      : refuse({ ...rest.refusal, before: text + rest.refusal.before });
  }

  return {
    encoding: () => encoding,
    push(bytes) {
      buffer = join(buffer, bytes);
      return read(false);
    },
    end: () => read(true),
  };
}
