/** Comparisons of secrets whose duration does not depend on where the values differ. */

const encoder = new TextEncoder();

/** Whether two byte sequences are equal. The duration depends on the length of `presented` only. */
export function sameBytes(presented: Uint8Array, expected: Uint8Array): boolean {
  let difference = presented.length ^ expected.length;
  // The index stays within `expected`, so that every read costs the same.
  const period = Math.max(expected.length, 1);
  for (const [index, byte] of presented.entries()) {
    difference |= byte ^ (expected[index % period] ?? 0);
  }
  return difference === 0;
}

/**
 * Whether two texts are equal. The duration depends on the length of `presented` only, not on where the texts differ.
 */
export function sameSecret(presented: string, expected: string): boolean {
  return sameBytes(encoder.encode(presented), encoder.encode(expected));
}
