/** The hash SHA-256 of texts, in the calling thread where the runtime can: WebCrypto passes it to another thread and back. */
import type { Bytes } from "./aes_gcm.ts";

type Hash = (text: string) => Bytes | Promise<Bytes>;

let hash: Hash | undefined;

/** Returns the SHA-256 hash of a text in UTF-8, 32 bytes. The first call loads `node:crypto` if there is one. */
export async function sha256(text: string): Promise<Bytes> {
  hash ??= await loadNodeHash() ?? hashByWebCrypto;
  return await hash(text);
}

async function loadNodeHash(): Promise<Hash | undefined> {
  try {
    const { createHash } = await import("node:crypto");
    return (text) => new Uint8Array(createHash("sha256").update(text).digest());
  } catch {
    return undefined;
  }
}

/** As {@link sha256}, for runtimes without `node:crypto`. */
async function hashByWebCrypto(text: string): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
