/**
 * The data key of a service: encrypts stored values, and computes the keyed hashes by which encrypted rows are found.
 */
import { type Bytes, decrypt, derive, encrypt, importAes } from "./aes_gcm.ts";
import type { ImportSyncKey, SyncKey } from "./sync_crypto.ts";

/** Encrypts and decrypts texts with AES-256-GCM. */
interface TextCipher {
  /** @param aad additional authenticated data, which binds the value to its place; {@link decrypt} needs the same */
  encrypt(plaintext: string, aad: string): Promise<Bytes>;
  /** @throws when the bytes were changed, or were encrypted under another key or with other `aad` */
  decrypt(encrypted: Bytes, aad: string): Promise<string>;
}

/**
 * A service's data key, decrypted and ready for use. It encrypts and decrypts values of up to 8 kB in the calling
 * thread if the runtime has such cryptography, so that a request does not wait for another thread; longer ones in
 * another thread.
 */
export interface DataKey extends TextCipher {
  readonly id: string;
  /**
   * Encrypts in the format of {@link encrypt}, but always in another thread: for many values that no request waits for.
   */
  readonly encryptInBackground: TextCipher["encrypt"];
  /** Decrypts what {@link encrypt} or {@link encryptInBackground} returned, but always in another thread. */
  readonly decryptInBackground: TextCipher["decrypt"];
  /**
   * The keyed hash of a value: the first 16 bytes of its HMAC-SHA-256. It is stored beside the encrypted value, so that
   * rows are found by an equal value without decrypting them (a blind index).
   */
  lookup(value: string): Promise<Bytes>;
  /** {@link lookup} in the calling thread; absent where the runtime has WebCrypto only. */
  readonly lookupHere?: (value: string) => Bytes;
  /**
   * The signature (HMAC-SHA-256) of a text that clients get and send back, such as the token of an unsubscribe link.
   */
  sign(text: string): Promise<Bytes>;
  /** Whether `mac` is {@link sign} of the text; compares in constant time. */
  verify(mac: Bytes, text: string): Promise<boolean>;
}

const LOOKUP_BYTES = 16;
/**
 * Max length of a text, in UTF-16 code units, that is encrypted in the calling thread. Encrypting a longer one here
 * would occupy this thread for longer than passing it to another thread does.
 */
export const MAX_SYNC_TEXT = 8_192;
/** Max length of an encrypted value, in bytes, that is decrypted in the calling thread. */
export const MAX_SYNC_BYTES = 8_192;

const encoder = new TextEncoder();
/** Keeps a byte order mark, so that a text is decrypted as it was. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function importHmac(bytes: Bytes): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign", "verify"]);
}

/**
 * Imports the 32 bytes of a data key. Its keys for encryption, lookup and signatures are derived from them.
 *
 * @param id the data key's id, which the result repeats
 * @param importSyncKey cryptography in the calling thread; `undefined` where the runtime has WebCrypto only
 */
export async function importDataKey(
  id: string,
  bytes: Bytes,
  importSyncKey: ImportSyncKey | undefined,
): Promise<DataKey> {
  const root = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
  const encryptionBytes = await derive(root, "hark seal v1");
  const lookupBytes = await derive(root, "hark lookup v1");
  const signingBytes = await derive(root, "hark sign v1");
  const signingKey = await importHmac(signingBytes);
  const background = createTextCipher(await importAes(encryptionBytes));
  const syncLookupKey = importSyncKey?.(lookupBytes);
  const lookup = createHash(await importHmac(lookupBytes), syncLookupKey);
  return {
    id,
    encryptInBackground: background.encrypt,
    decryptInBackground: background.decrypt,
    ...importSyncKey === undefined
      ? background
      : preferThisThread(importSyncKey(encryptionBytes), background),
    lookup: async (value) => (await lookup(toHashed(value))).slice(0, LOOKUP_BYTES),
    ...syncLookupKey === undefined ? {} : {
      lookupHere: (value: string) => syncLookupKey.hmac(toHashed(value)).slice(0, LOOKUP_BYTES),
    },
    sign: createHash(signingKey, importSyncKey?.(signingBytes)),
    verify: (mac, text) => crypto.subtle.verify("HMAC", signingKey, mac, encoder.encode(text)),
  };
}

/**
 * The text that is hashed for a value. UTF-8 has one replacement for every lone surrogate, so that values with
 * different ones would be equal; JSON escapes each.
 */
function toHashed(value: string): string {
  return value.isWellFormed() ? value : `\0not well-formed ${JSON.stringify(value)}`;
}

function createTextCipher(key: CryptoKey): TextCipher {
  return {
    encrypt: (plaintext, aad) => encrypt(key, encoder.encode(plaintext), aad),
    decrypt: async (encrypted, aad) => decoder.decode(await decrypt(key, encrypted, aad)),
  };
}

/** Encrypts and decrypts in this thread, except for long values. */
function preferThisThread(key: SyncKey, background: TextCipher): TextCipher {
  return {
    // Asynchronous functions, so that a failure is a rejection, as in WebCrypto.
    encrypt: async (plaintext, aad) =>
      plaintext.length > MAX_SYNC_TEXT
        ? await background.encrypt(plaintext, aad)
        : key.encrypt(encoder.encode(plaintext), aad),
    decrypt: async (encrypted, aad) =>
      encrypted.length > MAX_SYNC_BYTES
        ? await background.decrypt(encrypted, aad)
        : decoder.decode(key.decrypt(encrypted, aad)),
  };
}

function createHash(
  key: CryptoKey,
  syncKey: SyncKey | undefined,
): (text: string) => Promise<Bytes> {
  return syncKey === undefined
    ? async (text) => new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)))
    : (text) => Promise.resolve(syncKey.hmac(text));
}
