const SEGMENT = /^([A-Za-z0-9_-]*)(={0,2})$/;

/**
 * Decodes one segment of a JWT as strictly as PyJWT does: only the URL alphabet, no stray bits in the last
 * character, and padding only where it makes whole groups of four.
 *
 * @returns the bytes, or `undefined` when the segment is not base64url
 */
export function fromBase64Url(segment: string): Uint8Array | undefined {
  const [, data, padding] = SEGMENT.exec(segment) ?? [];
  if (data === undefined || data.length % 4 === 1) return undefined;
  if (padding !== "" && segment.length % 4 !== 0) return undefined;
  const standard = data.replaceAll("-", "+").replaceAll("_", "/");
  const binary = atob(standard);
  if (btoa(binary).replaceAll("=", "") !== standard) return undefined;
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
