/** Cryptography in the calling thread: WebCrypto passes each operation to another thread and back. */
import type { Bytes } from "./aes_gcm.ts";

/**
 * A key for AES-256-GCM and HMAC-SHA-256 in the calling thread. Its bytes are in this program's memory, unlike those of
 * a `CryptoKey`, but no property of the key gives access to them.
 */
export interface SyncKey {
  /** Encrypts with AES-256-GCM. Returns nonce, ciphertext and tag, in the format of `encrypt` in `aes_gcm.ts`. */
  encrypt(plaintext: Bytes, aad: string): Bytes;
  /** Decrypts what {@link encrypt} returned. @throws when the bytes were changed, or the key or `aad` is another */
  decrypt(encrypted: Bytes, aad: string): Bytes;
  /** The HMAC-SHA-256 of a text. */
  hmac(text: string): Bytes;
}

/** Imports the bytes of a key; {@link SyncKey.encrypt} and {@link SyncKey.decrypt} need 32 of them. */
export type ImportSyncKey = (bytes: Bytes) => SyncKey;
