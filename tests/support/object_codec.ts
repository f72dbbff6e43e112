/** JSON with bytes, for calls to a Durable Object in a local workerd from outside of it. */

/** Encodes a value; bytes in it become base64. */
export function encodeCall(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, part: unknown) =>
      part instanceof ArrayBuffer || part instanceof Uint8Array
        ? { bytes: new Uint8Array(part).toBase64() }
        : part,
  );
}

/** Decodes what {@link encodeCall} encoded; bytes become an `ArrayBuffer`. */
export function decodeCall(text: string): unknown {
  return JSON.parse(text, (_key, part: unknown) => {
    const isBytes = typeof part === "object" && part !== null && "bytes" in part &&
      typeof part.bytes === "string";
    return isBytes ? Uint8Array.fromBase64(String(part.bytes)).buffer : part;
  });
}
