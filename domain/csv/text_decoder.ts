/** Bytes of a file decoded a piece at a time, in whichever encoding they turn out to be. No I/O and no clock. */
import { ok, refuse, type Result } from "../result.ts";
import {
  ENCODING_SAMPLE,
  findEncoding,
  findUtf16,
  type TextEncoding,
  unfinishedUtf8,
} from "./encoding.ts";

/** Bytes that are not of the encoding that those before them are of. */
export interface EncodingFault {
  readonly encoding: "UTF-8" | "UTF-16";
  /** The lines before the one that they stand in, since the last answer. */
  readonly before: string;
}

/** Decodes a file a piece at a time. */
export interface SheetDecoder {
  /** `undefined` as long as all is ASCII, or too little of the file is known. */
  encoding(): TextEncoding | undefined;
  push(bytes: Uint8Array): Result<string, EncodingFault>;
  /** The file is over. */
  end(): Result<string, EncodingFault>;
}

/** How many bytes tell UTF-16 without a mark from ASCII. */
const FIRST_SAMPLE = 1_024;
const LINE_FEED = 0x0a;

function join(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** How many bytes from the start are ASCII. */
function asciiLength(bytes: Uint8Array): number {
  const at = bytes.findIndex((byte) => byte >= 0x80);
  return at === -1 ? bytes.length : at;
}

/** How many bytes at the end of `bytes` belong to a character whose rest is to come. */
function unfinished(bytes: Uint8Array, encoding: TextEncoding): number {
  if (encoding === "utf-8") return unfinishedUtf8(bytes);
  if (encoding !== "utf-16le" && encoding !== "utf-16be") return 0;
  const odd = bytes.length % 2;
  const high = bytes[bytes.length - odd - (encoding === "utf-16le" ? 1 : 2)] ?? 0;
  return high >= 0xd8 && high <= 0xdb ? odd + 2 : odd;
}

/** Where the lines of the bytes end. */
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

/** The lines before the first bytes that cannot be decoded. */
function decodeSoundLines(bytes: Uint8Array, encoding: TextEncoding): string {
  const ends = lineEnds(bytes, encoding);
  let sound = 0;
  let broken = ends.length + 1;
  // A beginning that ends with a line ends with a character, so what is sound stays so when it is shortened.
  while (broken - sound > 1) {
    const middle = (sound + broken) >> 1;
    const isSound = decode(bytes.subarray(0, ends[middle - 1]), encoding) !== undefined;
    if (isSound) sound = middle;
    else broken = middle;
  }
  return decode(bytes.subarray(0, sound === 0 ? 0 : ends[sound - 1]), encoding) ?? "";
}

/**
 * Starts to decode a file: UTF-16 by its mark or its zero bytes, else UTF-8, else windows-1251 or windows-1252 by its
 * letters.
 *
 * ASCII is the same in all but UTF-16, so the choice is made by the {@link ENCODING_SAMPLE} bytes that begin with the first
 * one outside it, wherever that stands. Bytes that are no UTF-8 after others that are, are refused.
 */
export function createSheetDecoder(): SheetDecoder {
  let encoding: TextEncoding | undefined;
  let started = false;
  let waiting: Uint8Array = new Uint8Array();

  function decodeAs(as: TextEncoding, final: boolean): Result<string, EncodingFault> {
    const bytes = waiting;
    const end = final ? bytes.length : bytes.length - unfinished(bytes, as);
    waiting = bytes.slice(end);
    const whole = bytes.subarray(0, end);
    const text = decode(whole, as);
    if (text !== undefined) return ok(text);
    const before = decodeSoundLines(whole, as);
    return refuse({ encoding: as === "utf-8" ? "UTF-8" : "UTF-16", before });
  }

  function read(final: boolean): Result<string, EncodingFault> {
    if (encoding !== undefined) return decodeAs(encoding, final);
    if (!started) {
      if (waiting.length < FIRST_SAMPLE && !final) return ok("");
      started = true;
      encoding = findUtf16(waiting.subarray(0, FIRST_SAMPLE));
      if (encoding !== undefined) return decodeAs(encoding, final);
    }
    const plain = asciiLength(waiting);
    const text = new TextDecoder().decode(waiting.subarray(0, plain));
    waiting = waiting.slice(plain);
    if (waiting.length === 0 || (waiting.length < ENCODING_SAMPLE && !final)) return ok(text);
    const whole = final && waiting.length <= ENCODING_SAMPLE;
    encoding = findEncoding(waiting.subarray(0, ENCODING_SAMPLE), whole);
    const rest = decodeAs(encoding, final);
    return rest.ok
      ? ok(text + rest.value)
      : refuse({ ...rest.refusal, before: text + rest.refusal.before });
  }

  return {
    encoding: () => encoding,
    push(bytes) {
      waiting = join(waiting, bytes);
      return read(false);
    },
    end: () => read(true),
  };
}
