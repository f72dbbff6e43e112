/**
 * Envelope encryption: master keys encrypt (wrap) the data keys of services, and data keys encrypt what is stored.
 */
import { MissingMasterKey } from "../../domain/ports/missing_master_key.ts";
import { type Bytes, decrypt, encrypt, importAes, KEY_BYTES } from "./aes_gcm.ts";
import { type DataKey, importDataKey } from "./data_key.ts";
import { loadNodeCrypto } from "./node_crypto.ts";
import type { ImportSyncKey } from "./sync_crypto.ts";
import { importTokenSecret, type VerifyToken } from "./token_signature.ts";

export type { Bytes } from "./aes_gcm.ts";
export type { DataKey } from "./data_key.ts";
export type { VerifyToken } from "./token_signature.ts";

/** A secret encrypted under a master key, with the id of that key. */
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

/**
 * Envelope encryption with the process's master keys. They encrypt (wrap) secrets and services' data keys; the data
 * keys encrypt personal data. The master keys themselves are never stored.
 */
export interface Encryption {
  /**
   * Encrypts a secret, such as an API key's, under the current master key.
   *
   * @param aad additional authenticated data, which binds the secret to its row; {@link decryptSecret} needs the same
   */
  encryptSecret(plaintext: string, aad: string): Promise<EncryptedSecret>;
  /**
   * Decrypts what {@link encryptSecret} returned.
   *
   * @throws {MissingMasterKey} when its master key is not configured
   * @throws when the bytes were changed, or `aad` is another
   */
  decryptSecret(encrypted: EncryptedSecret, aad: string): Promise<string>;
  /**
   * Decrypts the secret of an API key, and returns a function that verifies tokens signed with it. The secret itself is
   * not returned.
   *
   * @throws {MissingMasterKey} when the secret's master key is not configured
   * @throws when the bytes were changed, or `aad` is another
   */
  importTokenSecret(encrypted: EncryptedSecret, aad: string): Promise<VerifyToken>;
  /** Generates a random data key for a service, wrapped by the current master key. It is not stored yet. */
  newDataKey(serviceId: string): Promise<WrappedDataKey>;
  /** The id of the current master key, the first of those configured. It encrypts; the others only decrypt. */
  readonly currentKeyId: string;
  /**
   * Encrypts a secret again, under the current master key and with the same `aad`: for a rotation.
   *
   * @throws {MissingMasterKey} when the secret's old master key is not configured
   * @throws when the bytes were changed, or `aad` is another
   */
  reencryptSecret(encrypted: EncryptedSecret, aad: string): Promise<EncryptedSecret>;
  /**
   * Wraps a data key again, by the current master key. The data key itself stays the same, so values that it encrypted
   * need no change.
   *
   * @throws {MissingMasterKey} when the data key's old master key is not configured
   * @throws when the bytes were changed, or `serviceId` is another
   */
  rewrapDataKey(serviceId: string, wrapped: WrappedDataKey): Promise<WrappedDataKey>;
  /**
   * Unwraps (decrypts) a service's data key. Unwrapped keys are cached in the process's memory, at most 10,000; a
   * further one empties the cache first.
   *
   * @throws {MissingMasterKey} when the data key's master key is not configured
   * @throws when the bytes were changed, or `serviceId` is another
   */
  dataKey(serviceId: string, wrapped: WrappedDataKey): Promise<DataKey>;
  /** The data key if {@link dataKey} unwrapped it before and it is still cached; `undefined` otherwise. */
  cachedDataKey(serviceId: string, id: string): DataKey | undefined;
}

/** The size of the cache of unwrapped data keys. */
const MAX_UNWRAPPED = 10_000;

const encoder = new TextEncoder();
/** Keeps a byte order mark, so that a text is decrypted as it was. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

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
 * @param masterKeys 32 bytes each, at least one; the first encrypts, the others decrypt what they encrypted earlier
 * @param loadSyncCrypto loads cryptography that runs in the calling thread; the default is `node:crypto` if there is
 * one
 */
export async function createEncryption(
  masterKeys: readonly Bytes[],
  loadSyncCrypto: () => Promise<ImportSyncKey | undefined> = loadNodeCrypto,
): Promise<Encryption> {
  const importSyncKey = await loadSyncCrypto();
  const entries = await Promise.all(masterKeys.map(importMasterKey));
  const current = entries[0];
  if (current === undefined) throw new TypeError("createEncryption needs a master key");
  // Keys, not promises of keys: on Workers a promise may not be awaited by another request.
  const unwrapped = new Map<string, DataKey>();

  function masterKey(id: string): CryptoKey {
    const entry = entries.find((candidate) => candidate.id === id);
    if (entry === undefined) {
      throw new MissingMasterKey(id);
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
    async importTokenSecret({ masterKeyId, bytes }, aad) {
      const secret = await decrypt(masterKey(masterKeyId), bytes, aad);
      return await importTokenSecret(secret, importSyncKey);
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
      const bytes = await decrypt(masterKey(masterKeyId), wrapped, aad);
      const key = await importDataKey(id, bytes, importSyncKey);
      if (unwrapped.size >= MAX_UNWRAPPED) unwrapped.clear();
      unwrapped.set(aad, key);
      return key;
    },
    cachedDataKey: (serviceId, id) => unwrapped.get(dataKeyAad(serviceId, id)),
  };
}
