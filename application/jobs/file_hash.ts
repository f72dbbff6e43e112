/** A hash of a file that is read as a stream. The runtimes' own digests need all bytes at once. */

/** How many bytes are hashed at a time. */
const BLOCK_BYTES = 1_048_576;
const DIGEST_BYTES = 32;

/** Computes a hash of the bytes that flow through it. */
export interface StreamHash {
  /** Pipe the bytes through it; it passes them on unchanged. */
  readonly stream: TransformStream<Uint8Array, Uint8Array>;
  /** Returns the hash of all bytes, in hexadecimal. Call it when the stream has ended. */
  digest(): Promise<string>;
}

/**
 * Creates a hash of a stream: SHA-256 over blocks of 1 MiB, each preceded by the hash of the blocks before it. So it
 * differs from the plain SHA-256 of the bytes. It depends on the bytes only, not on how the stream is split into
 * chunks.
 */
export function createStreamHash(): StreamHash {
  // The hash of the blocks before, followed by the block that is being filled.
  const buffer = new Uint8Array(DIGEST_BYTES + BLOCK_BYTES);
  let filled = DIGEST_BYTES;

  async function hashBuffer(): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", buffer.subarray(0, filled)));
  }

  return {
    stream: new TransformStream({
      async transform(chunk, controller) {
        for (let at = 0; at < chunk.length;) {
          const slice = chunk.subarray(at, at + buffer.length - filled);
          buffer.set(slice, filled);
          filled += slice.length;
          at += slice.length;
          if (filled < buffer.length) continue;
          buffer.set(await hashBuffer());
          filled = DIGEST_BYTES;
        }
        controller.enqueue(chunk);
      },
    }),
    digest: async () => (await hashBuffer()).toHex(),
  };
}
