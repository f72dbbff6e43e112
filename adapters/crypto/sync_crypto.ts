/** Cryptography in the calling thread: WebCrypto passes each operation to another thread and back. */
import type { Bytes } from "./aes_gcm.ts";

/** A key for operations in the calling thread. Its bytes are in memory of this program, but in no property of the key. */
export interface SyncKey {
  /** As `encrypt` of `aes_gcm.ts`, with the same format. */
  encrypt(plaintext: Bytes, aad: string): Bytes;
  /** As `decrypt` of `aes_gcm.ts`. @throws as that does */
  decrypt(encrypted: Bytes, aad: string): Bytes;
  /** The HMAC-SHA-256 of a text. */
  hmac(text: string): Bytes;
}

/** Imports a key of 32 bytes. */
export type ImportSyncKey = (bytes: Bytes) => SyncKey;
