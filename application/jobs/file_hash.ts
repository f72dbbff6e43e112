/** A hash of a file that is read as a stream: the runtimes' own digests want all of it at once. */

/** How much is hashed at a time, in bytes. */
const BLOCK_BYTES = 1_048_576;
const DIGEST_BYTES = 32;

/** A hash that is fed with a file's bytes as they go by. */
export interface StreamHash {
  /** Hands the bytes on as they are. */
  readonly stream: TransformStream<Uint8Array, Uint8Array>;
  /** The hash, once the stream has come to its end, in hexadecimal. */
  digest(): Promise<string>;
}

/**
 * Starts a hash: SHA-256 over blocks of a fixed size, each with the hash of what was before it. It depends on the bytes
 * alone, and not on the pieces that they come in.
 */
export function createStreamHash(): StreamHash {
  // The hash so far, then the block that is being filled.
  const held = new Uint8Array(DIGEST_BYTES + BLOCK_BYTES);
  let filled = DIGEST_BYTES;

  async function fold(): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", held.subarray(0, filled)));
  }

  return {
    stream: new TransformStream({
      async transform(piece, controller) {
        for (let at = 0; at < piece.length;) {
          const taken = piece.subarray(at, at + held.length - filled);
          held.set(taken, filled);
          filled += taken.length;
          at += taken.length;
          if (filled < held.length) continue;
          held.set(await fold());
          filled = DIGEST_BYTES;
        }
        controller.enqueue(piece);
      },
    }),
    digest: async () => toHex(await fold()),
  };
}

/** A hash of texts, in hexadecimal. */
export async function hashOf(...texts: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(texts.join("\n"));
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
