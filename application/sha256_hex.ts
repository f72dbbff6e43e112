/** Returns the SHA-256 hash of a text (in UTF-8), as 64 lower-case hexadecimal digits. */
export async function sha256Hex(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
