const SEGMENT = /^([A-Za-z0-9_-]*)(={0,2})$/;

/**
 * Decodes one segment of a JWT as strictly as PyJWT does: only the URL alphabet, no stray bits in the last
 * character, and padding only where it makes whole groups of four.
 *
 * @returns the bytes, or `undefined` when the segment is not base64url
 */
export function fromBase64Url(segment: string): Uint8Array<ArrayBuffer> | undefined {
  const [, data, padding] = SEGMENT.exec(segment) ?? [];
  if (data === undefined || data.length % 4 === 1) return undefined;
  if (padding !== "" && segment.length % 4 !== 0) return undefined;
  const padded = data.padEnd(Math.ceil(data.length / 4) * 4, "=");
  try {
    // Strict: it refuses stray bits.
    return Uint8Array.fromBase64(padded, { alphabet: "base64url", lastChunkHandling: "strict" });
  } catch {
    return undefined;
  }
}
