/** The limits of one chunk (a sub-list of the items). */
export interface ChunkLimits<T> {
  readonly maxItems: number;
  /** Max total size of a chunk's items, in the unit of `sizeOf`; no limit by default. */
  readonly maxSize?: number;
  /** The size of an item; 0 by default. */
  readonly sizeOf?: (item: T) => number;
}

/** Splits a list into consecutive chunks within the limits. An item over `maxSize` is alone in its chunk. */
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
