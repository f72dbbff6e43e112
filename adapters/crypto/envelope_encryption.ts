/**
 * Envelope encryption: master keys encrypt (wrap) the data keys of services, and data keys encrypt what is stored.
 */
import { type Bytes, decrypt, derive, encrypt, importAes, KEY_BYTES } from "./aes_gcm.ts";

export type { Bytes } from "./aes_gcm.ts";

/** Bytes encrypted under a master key, with the id of that key. */
export interface EncryptedSecret {
  readonly masterKeyId: string;
  readonly bytes: Bytes;
}

/** A service's data key as it is stored: wrapped by a master key. */
export interface WrappedDataKey {
  readonly id: string;
  readonly masterKeyId: string;
  readonly wrapped: Bytes;
}

/** A service's data key, unwrapped. */
export interface DataKey {
  readonly id: string;
  /**
   * Encrypts with AES-256-GCM.
   *
   * @param aad additional authenticated data, which binds the value to its place; {@link decrypt} needs the same
   */
  encrypt(plaintext: string, aad: string): Promise<Bytes>;
  /** @throws when the bytes were changed, or were encrypted under another key or with other `aad` */
  decrypt(encrypted: Bytes, aad: string): Promise<string>;
  /** A blind index: the first 16 bytes of the HMAC-SHA-256 of a value, by which its rows are found. */
  lookup(value: string): Promise<Bytes>;
  /** The HMAC-SHA-256 of a text that is given out and comes back, such as a token. */
  sign(text: string): Promise<Bytes>;
  /** Whether `mac` is {@link sign} of the text; compares in constant time. */
  verify(mac: Bytes, text: string): Promise<boolean>;
}

/** The value was encrypted under a master key that is not configured. The message names the key by its id. */
export class MissingMasterKey extends Error {
  override readonly name = "MissingMasterKey";
}

/** Encrypts what is stored. Holds the master keys; every other key is stored wrapped by one of them. */
export interface Encryption {
  /** @param aad says what the secret is for; {@link decryptSecret} needs the same */
  encryptSecret(plaintext: string, aad: string): Promise<EncryptedSecret>;
  /** @throws {MissingMasterKey} and when the bytes were changed */
  decryptSecret(encrypted: EncryptedSecret, aad: string): Promise<string>;
  newDataKey(serviceId: string): Promise<WrappedDataKey>;
  /** The id of the master key that encrypts. */
  readonly currentKeyId: string;
  /** Encrypts under the current master key what another one encrypted with the same `aad`. */
  reencryptSecret(encrypted: EncryptedSecret, aad: string): Promise<EncryptedSecret>;
  /** Wraps a data key again, under the current master key. What the data key encrypted stays as it is. */
  rewrapDataKey(serviceId: string, wrapped: WrappedDataKey): Promise<WrappedDataKey>;
  /** Unwraps a data key. Unwrapped keys are cached in memory. */
  dataKey(serviceId: string, wrapped: WrappedDataKey): Promise<DataKey>;
}

const LOOKUP_BYTES = 16;
/** The size of the cache of unwrapped data keys. */
const MAX_UNWRAPPED = 10_000;

const encoder = new TextEncoder();
/** Keeps a byte order mark, so that a text is decrypted as it was. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function importHmac(bytes: Bytes): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign", "verify"]);
}

async function importDataKey(id: string, bytes: Bytes): Promise<DataKey> {
  const root = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
  const encryptionKey = await importAes(await derive(root, "hark seal v1"));
  const lookupKey = await importHmac(await derive(root, "hark lookup v1"));
  const signingKey = await importHmac(await derive(root, "hark sign v1"));
  return {
    id,
    encrypt: (plaintext, aad) => encrypt(encryptionKey, encoder.encode(plaintext), aad),
    decrypt: async (encrypted, aad) => decoder.decode(await decrypt(encryptionKey, encrypted, aad)),
    lookup: async (value) =>
      new Uint8Array(await crypto.subtle.sign("HMAC", lookupKey, encoder.encode(value)))
        .slice(0, LOOKUP_BYTES),
    sign: async (text) =>
      new Uint8Array(await crypto.subtle.sign("HMAC", signingKey, encoder.encode(text))),
    verify: (mac, text) => crypto.subtle.verify("HMAC", signingKey, mac, encoder.encode(text)),
  };
}

/** A master key is named by the first four bytes of its SHA-256 hash. */
async function importMasterKey(
  bytes: Bytes,
): Promise<{ readonly id: string; readonly key: CryptoKey }> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { id: hash.subarray(0, 4).toHex(), key: await importAes(bytes) };
}

/**
 * Creates the envelope encryption.
 *
 * @param masterKeys 32 bytes each; the first encrypts, the others still decrypt what they encrypted before a rotation
 */
export async function createEncryption(masterKeys: readonly Bytes[]): Promise<Encryption> {
  const entries = await Promise.all(masterKeys.map(importMasterKey));
  const current = entries[0];
  if (current === undefined) throw new TypeError("createEncryption needs a master key");
  // Keys, not promises of keys: on Workers a promise may not be awaited by another request.
  const unwrapped = new Map<string, DataKey>();

  function masterKey(id: string): CryptoKey {
    const entry = entries.find((candidate) => candidate.id === id);
    if (entry === undefined) {
      throw new MissingMasterKey(`encrypted under master key ${id}, which is not configured`);
    }
    return entry.key;
  }

  const dataKeyAad = (serviceId: string, id: string) => `data-key ${serviceId} ${id}`;

  const reencrypt = async (
    { masterKeyId, bytes }: EncryptedSecret,
    aad: string,
  ): Promise<EncryptedSecret> => {
    const plaintext = await decrypt(masterKey(masterKeyId), bytes, aad);
    return { masterKeyId: current.id, bytes: await encrypt(current.key, plaintext, aad) };
  };

  return {
    currentKeyId: current.id,
    reencryptSecret: reencrypt,
    async rewrapDataKey(serviceId, { id, masterKeyId, wrapped }) {
      const aad = dataKeyAad(serviceId, id);
      const { bytes } = await reencrypt({ masterKeyId, bytes: wrapped }, aad);
      return { id, masterKeyId: current.id, wrapped: bytes };
    },
    async encryptSecret(plaintext, aad) {
      const bytes = await encrypt(current.key, encoder.encode(plaintext), aad);
      return { masterKeyId: current.id, bytes };
    },
    async decryptSecret({ masterKeyId, bytes }, aad) {
      return decoder.decode(await decrypt(masterKey(masterKeyId), bytes, aad));
    },
    async newDataKey(serviceId) {
      const id = crypto.randomUUID();
      const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
      const wrapped = await encrypt(current.key, bytes, dataKeyAad(serviceId, id));
      return { id, masterKeyId: current.id, wrapped };
    },
    async dataKey(serviceId, { id, masterKeyId, wrapped }) {
      const aad = dataKeyAad(serviceId, id);
      const cached = unwrapped.get(aad);
      if (cached !== undefined) return cached;
      const key = await importDataKey(id, await decrypt(masterKey(masterKeyId), wrapped, aad));
      if (unwrapped.size >= MAX_UNWRAPPED) unwrapped.clear();
      unwrapped.set(aad, key);
      return key;
    },
  };
}
