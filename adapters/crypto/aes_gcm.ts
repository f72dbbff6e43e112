export type Bytes = Uint8Array<ArrayBuffer>;

/** The length of every key. */
export const KEY_BYTES = 32;
/** The length of the nonce, with which an encrypted value begins. */
export const NONCE_BYTES = 12;
/** The length of the tag, with which an encrypted value ends. */
export const TAG_BYTES = 16;

const encoder = new TextEncoder();

/**
 * Encrypts with AES-256-GCM under a random 96-bit nonce.
 *
 * @param aad additional authenticated data; {@link decrypt} needs the same
 * @returns the nonce, followed by the ciphertext with its tag
 */
export async function encrypt(key: CryptoKey, plaintext: Bytes, aad: string): Promise<Bytes> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const algorithm = { name: "AES-GCM", iv, additionalData: encoder.encode(aad) };
  const ciphertext = await crypto.subtle.encrypt(algorithm, key, plaintext);
  const bytes = new Uint8Array(NONCE_BYTES + ciphertext.byteLength);
  bytes.set(iv);
  bytes.set(new Uint8Array(ciphertext), NONCE_BYTES);
  return bytes;
}

/**
 * Decrypts what {@link encrypt} returned.
 *
 * @throws when the bytes were changed, or were encrypted under another key or with other `aad`
 */
export async function decrypt(key: CryptoKey, encrypted: Bytes, aad: string): Promise<Bytes> {
  const iv = encrypted.subarray(0, NONCE_BYTES);
  const algorithm = { name: "AES-GCM", iv, additionalData: encoder.encode(aad) };
  const ciphertext = encrypted.subarray(NONCE_BYTES);
  return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, ciphertext));
}

/** Imports a key for {@link encrypt} and {@link decrypt}. */
export function importAes(bytes: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Derives the bytes of a key for one purpose (HKDF-SHA-256), so that no key serves two purposes. */
export async function derive(root: CryptoKey, purpose: string): Promise<Bytes> {
  const bits = await crypto.subtle.deriveBits(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: encoder.encode(purpose) },
    root,
    KEY_BYTES * 8,
  );
  return new Uint8Array(bits);
}
