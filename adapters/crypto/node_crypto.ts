/** {@link ImportSyncKey} by `node:crypto`, which Deno, Deno Deploy and Workers with `nodejs_compat` have. */
import { type Bytes, NONCE_BYTES, TAG_BYTES } from "./aes_gcm.ts";
import type { ImportSyncKey } from "./sync_crypto.ts";

const CIPHER = "aes-256-gcm";

/** Loads `node:crypto` and returns an importer of keys for it; `undefined` where the runtime does not have it. */
export async function loadNodeCrypto(): Promise<ImportSyncKey | undefined> {
  try {
    return createImporter(await import("node:crypto"), (await import("node:buffer")).Buffer);
  } catch {
    return undefined;
  }
}

function createImporter(
  { createCipheriv, createDecipheriv, createHmac }: typeof import("node:crypto"),
  { from: toBuffer }: typeof import("node:buffer").Buffer,
): ImportSyncKey {
  const options = { authTagLength: TAG_BYTES } as const;
  // workerd takes Buffers only; this one shares the bytes.
  const share = (bytes: Bytes) => toBuffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (bytes) => {
    // Not a KeyObject: Deno copies the bytes out of it for each operation.
    const key = toBuffer(bytes);
    return {
      encrypt(plaintext, aad) {
        const encrypted = new Uint8Array(NONCE_BYTES + plaintext.length + TAG_BYTES);
        const nonce = crypto.getRandomValues(encrypted.subarray(0, NONCE_BYTES));
        const cipher = createCipheriv(CIPHER, key, nonce, options);
        cipher.setAAD(toBuffer(aad));
        // In workerd an update without bytes makes the tag wrong, so an empty text has none.
        if (plaintext.length > 0) encrypted.set(cipher.update(share(plaintext)), NONCE_BYTES);
        cipher.final();
        encrypted.set(cipher.getAuthTag(), NONCE_BYTES + plaintext.length);
        return encrypted;
      },
      decrypt(encrypted, aad) {
        if (encrypted.length < NONCE_BYTES + TAG_BYTES) throw new Error("the value is too short");
        const nonce = encrypted.subarray(0, NONCE_BYTES);
        const decipher = createDecipheriv(CIPHER, key, nonce, options);
        decipher.setAAD(toBuffer(aad));
        decipher.setAuthTag(share(encrypted.subarray(-TAG_BYTES)));
        const sealed = encrypted.subarray(NONCE_BYTES, -TAG_BYTES);
        const plaintext = sealed.length > 0
          ? new Uint8Array(decipher.update(share(sealed)))
          : new Uint8Array();
        // Throws when the tag is not that of the plaintext.
        decipher.final();
        return plaintext;
      },
      hmac: (text) => new Uint8Array(createHmac("sha256", key).update(text).digest()),
    };
  };
}
