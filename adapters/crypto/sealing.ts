export type Bytes = Uint8Array<ArrayBuffer>;

/** The length of every key. */
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;

const encoder = new TextEncoder();

/** AES-256-GCM under a random 96-bit nonce, which stands before the ciphertext. `context` is authenticated. */
export async function encrypt(key: CryptoKey, plain: Bytes, context: string): Promise<Bytes> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const additionalData = encoder.encode(context);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, plain);
  const bytes = new Uint8Array(NONCE_BYTES + sealed.byteLength);
  bytes.set(iv);
  bytes.set(new Uint8Array(sealed), NONCE_BYTES);
  return bytes;
}

/** Opens what {@link encrypt} made. @throws when the bytes were not sealed by this key in this context */
export async function decrypt(key: CryptoKey, sealed: Bytes, context: string): Promise<Bytes> {
  const iv = sealed.subarray(0, NONCE_BYTES);
  const additionalData = encoder.encode(context);
  return new Uint8Array(
    await crypto.subtle.decrypt(
      { name: "AES-GCM", iv, additionalData },
      key,
      sealed.subarray(NONCE_BYTES),
    ),
  );
}

/** A key for {@link encrypt} and {@link decrypt}. */
export function importAes(bytes: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Derives the bytes of a key for one purpose (HKDF-SHA-256): what seals is never what hashes. */
export async function derive(root: CryptoKey, purpose: string): Promise<Bytes> {
  const bits = await crypto.subtle.deriveBits(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: encoder.encode(purpose) },
    root,
    KEY_BYTES * 8,
  );
  return new Uint8Array(bits);
}
