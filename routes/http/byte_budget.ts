/** Bytes that may be held at once, by all who take of them. */
export interface ByteBudget {
  /** Takes bytes. @returns `false`, and takes none, when fewer are left */
  take(bytes: number): boolean;
  /** Gives back bytes that were taken. */
  give(bytes: number): void;
}

/** Creates a budget that nothing is taken of. */
export function createByteBudget(maxBytes: number): ByteBudget {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > maxBytes) return false;
      taken += bytes;
      return true;
    },
    give(bytes) {
      taken -= bytes;
    },
  };
}
