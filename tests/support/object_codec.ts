/** JSON with bytes and large integers, for calls to a Durable Object in a local workerd from outside of it. */

/** Encodes a value; bytes in it become base64. */
export function encodeCall(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === "bigint") return { bigint: String(part) };
    const isBytes = part instanceof ArrayBuffer || part instanceof Uint8Array;
    return isBytes ? { base64: new Uint8Array(part).toBase64() } : part;
  });
}

/** Decodes what {@link encodeCall} encoded; bytes become an `ArrayBuffer`. */
export function decodeCall(text: string): unknown {
  return JSON.parse(text, (_key, part: unknown) => {
    if (typeof part !== "object" || part === null) return part;
    if ("bigint" in part) return BigInt(String(part.bigint));
    return "base64" in part ? Uint8Array.fromBase64(String(part.base64)).buffer : part;
  });
}
