/** Buffers the bytes of a text until its encoding is decided, and counts what they show about the encoding. */
import { createByteCounts, type EncodingGuess } from "./legacy_encoding.ts";
import { createWordScanner } from "./non_ascii_words.ts";
import { createUtf8Evidence, type Utf8Findings } from "./utf8_evidence.ts";

/** The buffered bytes of one text, beginning with the first byte that is not ASCII. */
export interface KeptText {
  /** The counts for and against UTF-8 in the bytes so far. */
  readonly evidence: Utf8Findings;
  /** Buffers and counts the next bytes. */
  add(bytes: Uint8Array): void;
  /** Ends the text, so that a word at its end is counted. */
  end(): void;
  /** Guesses the encoding of all bytes, on the assumption that they are not UTF-8. */
  guess(): EncodingGuess;
  /**
   * Guesses the encoding of the bytes before the first word that is UTF-8. Where the first call of `add` has such a
   * word already, only the first 64 KiB are read.
   */
  guessBeginning(): EncodingGuess;
  /** Yields the buffered bytes in blocks of at most 64 KiB, and removes each block from the buffer. */
  take(): Generator<Uint8Array>;
}

/** The size of a block of kept bytes. */
const BLOCK_BYTES = 65_536;

/** Keeps bytes in blocks: a client may send them one by one, and a chunk of one byte takes a hundred in memory. */
function createBlocks() {
  let blocks: Uint8Array[] = [];
  let filled = BLOCK_BYTES;

  function* take(): Generator<Uint8Array> {
    const last = blocks.length - 1;
    const taken = blocks.map((block, at) => at === last ? block.subarray(0, filled) : block);
    taken.reverse();
    blocks = [];
    for (let next = taken.pop(); next !== undefined; next = taken.pop()) yield next;
  }

  return {
    /** Yields the blocks, and forgets each. */
    take,
    /** Returns the first bytes, `length` at most and no more than a block has. */
    start: (length: number) =>
      blocks[0]?.subarray(0, blocks.length === 1 ? Math.min(length, filled) : length),
    add(bytes: Uint8Array): void {
      for (let at = 0; at < bytes.length;) {
        if (filled === BLOCK_BYTES) {
          blocks.push(new Uint8Array(BLOCK_BYTES));
          filled = 0;
        }
        const part = bytes.subarray(at, at + BLOCK_BYTES - filled);
        blocks.at(-1)?.set(part, filled);
        filled += part.length;
        at += part.length;
      }
    },
  };
}

function guessOf(bytes: Uint8Array = new Uint8Array()): EncodingGuess {
  const counts = createByteCounts();
  const scanner = createWordScanner(counts);
  scanner.add(bytes);
  scanner.end();
  return counts.guess();
}

/** Creates an empty buffer for one text. */
export function createKeptText(): KeptText {
  const evidence = createUtf8Evidence();
  const counts = createByteCounts();
  let beginning: EncodingGuess | undefined;
  const scanner = createWordScanner(evidence, counts);
  const blocks = createBlocks();
  return {
    evidence,
    take: blocks.take,
    add(bytes: Uint8Array): void {
      blocks.add(bytes);
      scanner.add(bytes);
      if (evidence.goodWords === 0) beginning = counts.guess();
    },
    end: scanner.end,
    guess: () => counts.guess(),
    guessBeginning: () => beginning ?? guessOf(blocks.start(evidence.firstGood)),
  };
}
