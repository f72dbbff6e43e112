/** A limit on how many bytes all users of the budget together may hold at once. It counts; it allocates nothing. */
export interface ByteBudget {
  /** Reserves bytes. Returns `false`, and reserves none, when fewer are left. */
  take(bytes: number): boolean;
  /** Releases bytes that {@link take} reserved. */
  give(bytes: number): void;
}

/** Creates a budget of `maxBytes`, of which nothing is reserved. */
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
