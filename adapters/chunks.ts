/** The limits of one chunk. */
export interface ChunkLimits<T> {
  readonly maxItems: number;
  /** Max total size of the items, in the unit of `sizeOf`. */
  readonly maxSize?: number;
  readonly sizeOf?: (item: T) => number;
}

/** Splits items into chunks, in their order. An item that is larger than a chunk may be is alone in its chunk. */
export function toChunks<T>(
  items: readonly T[],
  { maxItems, maxSize = Infinity, sizeOf = () => 0 }: ChunkLimits<T>,
): readonly (readonly T[])[] {
  const chunks: T[][] = [];
  let chunkSize = 0;
  for (const item of items) {
    const chunk = chunks.at(-1);
    const size = sizeOf(item);
    if (chunk === undefined || chunk.length >= maxItems || chunkSize + size > maxSize) {
      chunks.push([item]);
      chunkSize = size;
    } else {
      chunk.push(item);
      chunkSize += size;
    }
  }
  return chunks;
}
