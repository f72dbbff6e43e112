/**
 * Envelope encryption: master keys encrypt (wrap) the data keys of services, and data keys encrypt what is stored.
 */
import { type Bytes, decrypt, encrypt, importAes, KEY_BYTES } from "./aes_gcm.ts";
import { type DataKey, importDataKey } from "./data_key.ts";
import { loadNodeCrypto } from "./node_crypto.ts";
import type { ImportSyncKey } from "./sync_crypto.ts";
import { importTokenSecret, type VerifyToken } from "./token_signature.ts";

export type { Bytes } from "./aes_gcm.ts";
export type { DataKey } from "./data_key.ts";
export type { VerifyToken } from "./token_signature.ts";

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
  /** Decrypts the secret of an API key into the function that checks its tokens. @throws as {@link decryptSecret} */
  importTokenSecret(encrypted: EncryptedSecret, aad: string): Promise<VerifyToken>;
  newDataKey(serviceId: string): Promise<WrappedDataKey>;
  /** The id of the master key that encrypts. */
  readonly currentKeyId: string;
  /** Encrypts under the current master key what another one encrypted with the same `aad`. */
  reencryptSecret(encrypted: EncryptedSecret, aad: string): Promise<EncryptedSecret>;
  /** Wraps a data key again, under the current master key. What the data key encrypted stays as it is. */
  rewrapDataKey(serviceId: string, wrapped: WrappedDataKey): Promise<WrappedDataKey>;
  /** Unwraps a data key. Unwrapped keys are cached in memory. */
  dataKey(serviceId: string, wrapped: WrappedDataKey): Promise<DataKey>;
  /** A data key that {@link dataKey} unwrapped, if it is still cached. */
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
 * @param masterKeys 32 bytes each; the first encrypts, the others still decrypt what they encrypted before a rotation
 * @param loadSyncCrypto loads the cryptography that runs in the calling thread, if the runtime has one
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
