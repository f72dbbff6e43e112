import { type CryptoKey, importJWK } from "jose";
import type { PublicKey, SignatureAlgorithm } from "../../domain/access/access_token_keys.ts";

/** Imported public keys. A set is immutable; a key server's next response is another set. */
export interface KeySet {
  /** The keys for an algorithm: those with the id, or all when the token has no key id. */
  find(algorithm: SignatureAlgorithm, kid: string | undefined): readonly CryptoKey[];
}

/** A source of keys. */
export interface KeySource {
  /** The cached keys; `undefined` when they are not fresh, or not fetched yet. */
  cached(now: number): KeySet | undefined;
  /** The newest keys. They are fetched unless that happened a moment ago. `undefined` when none are available. */
  newest(now: number): Promise<KeySet | undefined>;
}

/** Imports keys. Keys that cannot be imported are left out. */
export async function importKeySet(keys: readonly PublicKey[]): Promise<KeySet> {
  const imported = await Promise.all(
    keys.flatMap((key) =>
      key.algorithms.map(async (algorithm) => ({
        algorithm,
        kid: key.kid,
        key: await importKey(key, algorithm),
      }))
    ),
  );
  return {
    find: (algorithm, kid) =>
      imported.flatMap((entry) => {
        const fits = entry.algorithm === algorithm && (kid === undefined || entry.kid === kid);
        return fits && entry.key !== undefined ? [entry.key] : [];
      }),
  };
}

/** Creates a source of configured keys. */
export function createFixedSource(keys: readonly PublicKey[]): KeySource {
  let set: KeySet | undefined;
  return {
    cached: () => set,
    async newest() {
      const imported = set ?? await importKeySet(keys);
      return set ??= imported;
    },
  };
}

async function importKey(
  { members }: PublicKey,
  algorithm: SignatureAlgorithm,
): Promise<CryptoKey | undefined> {
  try {
    const key = await importJWK({ ...members }, algorithm);
    return key instanceof Uint8Array ? undefined : key;
  } catch {
    // The numbers are not a key, such as a point that is not on the curve. The error differs between runtimes.
    return undefined;
  }
}
