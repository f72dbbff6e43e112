import { type Bytes, decrypt, derive, encrypt, importAes, KEY_BYTES } from "./sealing.ts";

export type { Bytes } from "./sealing.ts";

/** Bytes sealed under a master key, with the id of that key. */
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

/** A service's data key, ready for use. */
export interface DataKey {
  readonly id: string;
  /** AES-256-GCM under a random 96-bit nonce, which stands before the ciphertext. `context` is authenticated. */
  seal(plain: string, context: string): Promise<Bytes>;
  /** @throws when the bytes were not sealed by this key in this context */
  open(sealed: Bytes, context: string): Promise<string>;
  /** A keyed hash (HMAC-SHA-256, first 16 bytes) by which a value is found again. */
  lookup(value: string): Promise<Bytes>;
  /** HMAC-SHA-256 for what is given out and comes back. */
  sign(text: string): Promise<Bytes>;
  /** Whether {@link sign} of the text is `mac`, in a time that does not tell where they differ. */
  verify(mac: Bytes, text: string): Promise<boolean>;
}

/** What was sealed by a master key that is not configured; the message names the key by its id. */
export class MissingMasterKey extends Error {
  override readonly name = "MissingMasterKey";
}

/** Seals what is stored. Holds the master keys; every key below them is stored wrapped. */
export interface Encryption {
  /** `context` says what the secret is for; it must be the same to open it. */
  sealSecret(plain: string, context: string): Promise<EncryptedSecret>;
  /** @throws {MissingMasterKey} and where the bytes were changed */
  openSecret(sealed: EncryptedSecret, context: string): Promise<string>;
  newDataKey(serviceId: string): Promise<WrappedDataKey>;
  /** The id of the master key that seals. */
  readonly currentKeyId: string;
  /** Seals anew, under the current master key, what another sealed in the same context. */
  resealSecret(sealed: EncryptedSecret, context: string): Promise<EncryptedSecret>;
  /** Wraps a data key anew under the current master key; what it sealed stays as it is. */
  rewrapDataKey(serviceId: string, wrapped: WrappedDataKey): Promise<WrappedDataKey>;
  /** Unwraps a data key; once for each, then from memory. */
  dataKey(serviceId: string, wrapped: WrappedDataKey): Promise<DataKey>;
}

const LOOKUP_BYTES = 16;
/** How many data keys are kept unwrapped in memory. */
const MAX_UNWRAPPED = 10_000;

const encoder = new TextEncoder();
/** Gives back what was sealed: a byte order mark too. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function importHmac(bytes: Bytes): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign", "verify"]);
}

async function openDataKey(id: string, bytes: Bytes): Promise<DataKey> {
  const root = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
  const sealing = await importAes(await derive(root, "hark seal v1"));
  const hashing = await importHmac(await derive(root, "hark lookup v1"));
  const signing = await importHmac(await derive(root, "hark sign v1"));
  return {
    id,
    seal: (plain, context) => encrypt(sealing, encoder.encode(plain), context),
    open: async (sealed, context) => decoder.decode(await decrypt(sealing, sealed, context)),
    lookup: async (value) =>
      new Uint8Array(await crypto.subtle.sign("HMAC", hashing, encoder.encode(value)))
        .slice(0, LOOKUP_BYTES),
    sign: async (text) =>
      new Uint8Array(await crypto.subtle.sign("HMAC", signing, encoder.encode(text))),
    verify: (mac, text) => crypto.subtle.verify("HMAC", signing, mac, encoder.encode(text)),
  };
}

/**
 * Makes a encryption.
 *
 * @param masterKeys 32 bytes each; the first seals, the others still open what they sealed before a rotation
 */
export async function createEncryption(masterKeys: readonly Bytes[]): Promise<Encryption> {
  const entries = await Promise.all(masterKeys.map(async (bytes) => {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const id = Array.from(digest.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0"));
    return { id: id.join(""), key: await importAes(bytes) };
  }));
  const current = entries[0];
  if (current === undefined) throw new TypeError("createEncryption needs a master key");
  // Keys, not promises of keys: on Workers a promise may not be awaited by another request.
  const unwrapped = new Map<string, DataKey>();

  function masterKey(id: string): CryptoKey {
    const entry = entries.find((candidate) => candidate.id === id);
    if (entry === undefined) {
      throw new MissingMasterKey(`sealed under master key ${id}, which is not configured`);
    }
    return entry.key;
  }

  const dataKeyContext = (serviceId: string, id: string) => `data-key ${serviceId} ${id}`;

  const reseal = async (
    { masterKeyId, bytes }: EncryptedSecret,
    context: string,
  ): Promise<EncryptedSecret> => {
    const plain = await decrypt(masterKey(masterKeyId), bytes, context);
    return { masterKeyId: current.id, bytes: await encrypt(current.key, plain, context) };
  };

  return {
    currentKeyId: current.id,
    resealSecret: reseal,
    async rewrapDataKey(serviceId, { id, masterKeyId, wrapped }) {
      const context = dataKeyContext(serviceId, id);
      const { bytes } = await reseal({ masterKeyId, bytes: wrapped }, context);
      return { id, masterKeyId: current.id, wrapped: bytes };
    },
    async sealSecret(plain, context) {
      const bytes = await encrypt(current.key, encoder.encode(plain), context);
      return { masterKeyId: current.id, bytes };
    },
    async openSecret(sealed, context) {
      return decoder.decode(await decrypt(masterKey(sealed.masterKeyId), sealed.bytes, context));
    },
    async newDataKey(serviceId) {
      const id = crypto.randomUUID();
      const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
      const wrapped = await encrypt(current.key, bytes, dataKeyContext(serviceId, id));
      return { id, masterKeyId: current.id, wrapped };
    },
    async dataKey(serviceId, { id, masterKeyId, wrapped }) {
      const context = dataKeyContext(serviceId, id);
      const known = unwrapped.get(context);
      if (known !== undefined) return known;
      const key = await openDataKey(id, await decrypt(masterKey(masterKeyId), wrapped, context));
      if (unwrapped.size >= MAX_UNWRAPPED) unwrapped.clear();
      unwrapped.set(context, key);
      return key;
    },
  };
}
