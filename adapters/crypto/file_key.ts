import { type Bytes, decrypt, derive, encrypt, importAes } from "./sealing.ts";

/** What the key of a link comes to. */
export interface FileKey {
  /** By which the key is known again; it opens nothing. */
  readonly hash: Bytes;
  /** `context` is authenticated. */
  seal(plain: Bytes, context: string): Promise<Bytes>;
  /** @throws when the bytes were not sealed by this key in this context */
  open(sealed: Bytes, context: string): Promise<Bytes>;
}

/** Derives from the 32 random bytes of a link a key for the file and a hash for its row. */
export async function openFileKey(bytes: Bytes): Promise<FileKey> {
  const root = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
  const sealing = await importAes(await derive(root, "hark file seal v1"));
  return {
    hash: await derive(root, "hark file verify v1"),
    seal: (plain, context) => encrypt(sealing, plain, context),
    open: (sealed, context) => decrypt(sealing, sealed, context),
  };
}
