/** Decodes a stream of bytes in a known encoding, and finds the exact place of bytes that are not valid. */
import { ok, refuse, type Result } from "../result.ts";
import type { TextEncoding } from "./encoding.ts";

/** Why a text cannot be decoded: some bytes are not valid in its encoding. */
export interface BytesFault {
  readonly encoding: TextEncoding;
  /** The text before these bytes, without what earlier calls of the decoder returned. */
  readonly before: string;
}

/** Decodes a text in one encoding. Do not call it after a fault. */
export interface BytesDecoder {
  readonly encoding: TextEncoding;
  /** Takes the next bytes. @returns the text that can be decoded now, which may be empty */
  push(bytes: Uint8Array): Result<string, BytesFault>;
  /**
   * Ends the text. An incomplete character at its end is a fault.
   *
   * @returns the remaining text, which is mostly empty
   */
  end(): Result<string, BytesFault>;
}

/**
 * Creates the decoder of a text in an encoding. A byte order mark stays in the text, as U+FEFF.
 *
 * @throws RangeError when `TextDecoder` does not know the encoding
 */
export function createBytesDecoder(encoding: TextEncoding): BytesDecoder {
  const unicode = UNICODE.get(encoding);
  return unicode === undefined
    ? createReplacingDecoder(encoding)
    : createUnicodeDecoder(encoding, unicode);
}

const REPLACEMENT = "\ufffd";

/** An encoding of Unicode, in which U+FFFD can be written too, and need not be the sign of a fault. */
interface UnicodeEncoding {
  /** The bytes of U+FFFD. */
  readonly replacement: readonly number[];
  /** The number of bytes at the end of `bytes` that begin an incomplete character. */
  readonly incompleteLength: (bytes: Uint8Array) => number;
  /** The number of bytes of a text. */
  readonly lengthOf: (text: string) => number;
}

const encoder = new TextEncoder();

const UNICODE: ReadonlyMap<TextEncoding, UnicodeEncoding> = new Map([
  ["utf-8", {
    replacement: [0xef, 0xbf, 0xbd],
    incompleteLength: incompleteUtf8Length,
    lengthOf: (text) => encoder.encode(text).length,
  }],
  ["utf-16le", utf16([0xfd, 0xff], 1)],
  ["utf-16be", utf16([0xff, 0xfd], 2)],
]);

function utf16(replacement: readonly number[], highFromEnd: number): UnicodeEncoding {
  return {
    replacement,
    lengthOf: (text) => text.length * 2,
    incompleteLength(bytes) {
      const odd = bytes.length % 2;
      const high = bytes[bytes.length - odd - highFromEnd] ?? 0;
      return high >= 0xd8 && high <= 0xdb ? odd + 2 : odd;
    },
  };
}

function incompleteUtf8Length(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

function createUnicodeDecoder(encoding: TextEncoding, unicode: UnicodeEncoding): BytesDecoder {
  let open: Uint8Array = new Uint8Array();

  function decode(bytes: Uint8Array): Result<string, BytesFault> {
    try {
      // The runtime's quickest way: all bytes at once, and without replacing any.
      return ok(new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes));
    } catch {
      return refuse({ encoding, before: decodeToFault(bytes, encoding, unicode) });
    }
  }

  return {
    encoding,
    push(next) {
      const bytes = join(open, next);
      const end = bytes.length - unicode.incompleteLength(bytes);
      open = bytes.slice(end);
      return decode(bytes.subarray(0, end));
    },
    end() {
      const bytes = open;
      open = new Uint8Array();
      return decode(bytes);
    },
  };
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

/** Decodes the text before the first bytes that are not valid. */
function decodeToFault(
  bytes: Uint8Array,
  encoding: TextEncoding,
  { replacement, lengthOf }: UnicodeEncoding,
): string {
  const text = new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  let from = 0;
  let byteAt = 0;
  for (let at = text.indexOf(REPLACEMENT); at !== -1; at = text.indexOf(REPLACEMENT, from)) {
    byteAt += lengthOf(text.slice(from, at));
    if (replacement.some((byte, index) => bytes[byteAt + index] !== byte)) return text.slice(0, at);
    byteAt += replacement.length;
    from = at + 1;
  }
  return text;
}

/** Creates the decoder of an encoding that has no U+FFFD of its own, so that each one stands for a fault. */
function createReplacingDecoder(encoding: TextEncoding): BytesDecoder {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });

  function check(text: string): Result<string, BytesFault> {
    const at = text.indexOf(REPLACEMENT);
    return at === -1 ? ok(text) : refuse({ encoding, before: text.slice(0, at) });
  }

  return {
    encoding,
    push: (bytes) => check(decoder.decode(bytes, { stream: true })),
    end: () => check(decoder.decode()),
  };
}
