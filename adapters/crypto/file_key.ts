import { type Bytes, decrypt, derive, encrypt, importAes } from "./aes_gcm.ts";

/** The key of one file, derived from the secret in the file's link. The secret is not stored. */
export interface FileKey {
  /** A hash that identifies the secret: stored with the file to verify a link. It cannot decrypt the file. */
  readonly hash: Bytes;
  /** Encrypts with AES-256-GCM. @param aad additional authenticated data; {@link decrypt} needs the same */
  encrypt(plaintext: Bytes, aad: string): Promise<Bytes>;
  /** @throws when the bytes were changed, or were encrypted under another key or with other `aad` */
  decrypt(encrypted: Bytes, aad: string): Promise<Bytes>;
}

/** Derives the key of a file from the 32 random bytes in the file's link. */
export async function importFileKey(bytes: Bytes): Promise<FileKey> {
  const root = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
  const encryptionKey = await importAes(await derive(root, "hark file seal v1"));
  return {
    hash: await derive(root, "hark file verify v1"),
    encrypt: (plaintext, aad) => encrypt(encryptionKey, plaintext, aad),
    decrypt: (encrypted, aad) => decrypt(encryptionKey, encrypted, aad),
  };
}
