export type Bytes = Uint8Array<ArrayBuffer>;

/** The length of every key, in bytes (AES-256). */
export const KEY_BYTES = 32;
/** The length of the nonce in bytes. An encrypted value begins with its nonce. */
export const NONCE_BYTES = 12;
/** The length of the authentication tag in bytes. An encrypted value ends with its tag. */
export const TAG_BYTES = 16;

const encoder = new TextEncoder();

/**
 * Encrypts with AES-256-GCM under a random 96-bit nonce.
 *
 * @param aad additional authenticated data: text that is not stored in the result; {@link decrypt} needs the same
 * @returns the nonce (12 bytes), the ciphertext and the tag (16 bytes), concatenated
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

/** Imports a key of {@link KEY_BYTES} bytes for {@link encrypt} and {@link decrypt}. It cannot be exported again. */
export function importAes(bytes: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/**
 * Derives a key of {@link KEY_BYTES} bytes from `root` by HKDF-SHA-256. Different purposes give independent keys, so
 * that no key serves two purposes.
 */
export async function derive(root: CryptoKey, purpose: string): Promise<Bytes> {
  const bits = await crypto.subtle.deriveBits(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: encoder.encode(purpose) },
    root,
    KEY_BYTES * 8,
  );
  return new Uint8Array(bits);
}
