/** Streaming text decoder that detects the encoding. */
import { type BytesDecoder, type BytesFault, createBytesDecoder } from "./bytes_decoder.ts";
import { findMark, findUtf16, type TextEncoding } from "./encoding.ts";
import { createKeptText } from "./kept_text.ts";
import type { EncodingGuess } from "./legacy_encoding.ts";
import { decideUtf8, isSurelyUtf8 } from "./utf8_evidence.ts";
import { ok, refuse, type Result } from "../result.ts";

/** Why a file cannot be decoded. */
export interface EncodingFault extends BytesFault {
  /** Whether the file begins in `encoding` and goes on in UTF-8. Otherwise bytes are not valid in `encoding`. */
  readonly isUtf8: boolean;
}

/** A piece of a file's text; or why the file cannot be decoded, after which nothing follows. */
export type Decoded = Result<string, EncodingFault>;

/** Decodes one file in chunks. */
export interface SheetDecoder {
  /**
   * The encoding of the file: `utf-8` while it is ASCII, or too short to decide. Final when `end` has returned its last
   * piece.
   */
  encoding(): TextEncoding;
  /**
   * The guess that decided the encoding. `undefined` when another rule decided it, and before `end` has returned its
   * last piece.
   */
  guess(): EncodingGuess | undefined;
  /**
   * Takes the next chunk. It keeps the bytes of a text that may be of several encodings until a later one decides, at
   * the latest `end`.
   *
   * @returns the text that can be decoded now, in pieces no longer than the chunks
   */
  push(bytes: Uint8Array): Iterable<Decoded>;
  /** Ends the file. @returns the remaining text, in pieces */
  end(): Iterable<Decoded>;
}

/** The number of bytes that UTF-16 without a byte order mark is detected by. */
const FIRST_SAMPLE = 1_024;

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

function toDecoded(read: Result<string, BytesFault>): Decoded {
  return read.ok ? read : refuse({ ...read.refusal, isUtf8: false });
}

/** The number of ASCII bytes at the start. */
function asciiLength(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length && (bytes[at] ?? 0) < 0x80) at++;
  return at;
}

/**
 * Creates the decoder of one file. A byte order mark decides the encoding, or else `named`. Without both, zero bytes show
 * UTF-16; and the whole file decides otherwise. It is UTF-8 if it is valid; it is refused if it is partly UTF-8; or else
 * its letters decide between windows-1250, -1251 and -1252.
 *
 * ASCII is the same in all encodings but UTF-16, so ASCII at the start is returned at once. So is the rest when a few
 * words have shown that it is UTF-8. Otherwise the bytes are kept.
 */
export function createSheetDecoder(named?: TextEncoding): SheetDecoder {
  let decoder: BytesDecoder | undefined;
  let guess: EncodingGuess | undefined;
  let started = false;
  let start: Uint8Array = new Uint8Array();
  const kept = createKeptText();
  let isKeeping = false;

  function decide(encoding: TextEncoding): BytesDecoder {
    decoder = createBytesDecoder(encoding);
    return decoder;
  }

  function* decodeKept(by: BytesDecoder): Generator<Decoded> {
    for (const chunk of kept.take()) yield toDecoded(by.push(chunk));
  }

  /** Reads the text of the bytes before an offset, and returns them with the fault that is there. */
  function* refuseAt(
    { begins, at }: { readonly begins: "utf-8" | "other"; readonly at: number },
  ): Generator<Decoded> {
    // The rows before the fault are read only to be counted, so the guess need not be right.
    const encoding = begins === "utf-8" ? "utf-8" : kept.guessBeginning().encoding;
    const by = createBytesDecoder(encoding);
    let left = at;
    for (const chunk of kept.take()) {
      if (chunk.length > left) {
        const last = by.push(chunk.subarray(0, left));
        const before = last.ok ? last.value : last.refusal.before;
        yield refuse({ encoding, before, isUtf8: begins === "other" });
        return;
      }
      left -= chunk.length;
      yield toDecoded(by.push(chunk));
    }
  }

  function* keep(bytes: Uint8Array): Generator<Decoded> {
    const plain = isKeeping ? 0 : asciiLength(bytes);
    if (plain > 0) yield ok(new TextDecoder().decode(bytes.subarray(0, plain)));
    if (plain === bytes.length) return;
    isKeeping = true;
    kept.add(bytes.subarray(plain));
    if (isSurelyUtf8(kept.evidence)) yield* decodeKept(decide("utf-8"));
  }

  function* read(bytes: Uint8Array, final: boolean): Generator<Decoded> {
    if (decoder !== undefined) {
      yield toDecoded(decoder.push(bytes));
      return;
    }
    if (started) return yield* keep(bytes);
    start = join(start, bytes);
    if (start.length < FIRST_SAMPLE && !final) return;
    started = true;
    const encoding = findMark(start) ?? named ?? findUtf16(start.subarray(0, FIRST_SAMPLE));
    if (encoding === undefined) yield* keep(start);
    else yield toDecoded(decide(encoding).push(start));
    start = new Uint8Array();
  }

  function* endKept(): Generator<Decoded> {
    kept.end();
    const found = kept.guess();
    const verdict = decideUtf8(kept.evidence, found.encoding === "windows-1251");
    if (verdict.kind === "mixed") return yield* refuseAt(verdict);
    if (verdict.kind === "other") guess = found;
    yield* decodeKept(decide(guess?.encoding ?? "utf-8"));
  }

  return {
    encoding: () => decoder?.encoding ?? "utf-8",
    guess: () => guess,
    push: (bytes) => read(bytes, false),
    *end() {
      yield* read(new Uint8Array(), true);
      if (decoder === undefined) yield* endKept();
      if (decoder !== undefined) yield toDecoded(decoder.end());
    },
  };
}
