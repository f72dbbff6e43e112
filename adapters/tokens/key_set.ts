import { type CryptoKey, importJWK } from "jose";
import type { PublicKey, SignatureAlgorithm } from "../../domain/access/access_token_keys.ts";

/** Imported public keys. A set never changes: new keys of a key server are a new set. */
export interface KeySet {
  /** Returns the keys for an algorithm that have the key id `kid` or, when `kid` is `undefined`, all keys for it. */
  find(algorithm: SignatureAlgorithm, kid: string | undefined): readonly CryptoKey[];
}

/** A source of public keys: configured ones, or a key server. `now` is in epoch milliseconds. */
export interface KeySource {
  /** Returns the cached keys; `undefined` when they have not been fetched yet, or are to be fetched again. */
  cached(now: number): KeySet | undefined;
  /**
   * Returns the newest keys, for the case that a token does not fit the cached ones. A key server is asked for them,
   * unless its last fetch was less than 30 seconds ago, or 5 seconds if it failed; without a fetch, or when it fails,
   * the last keys are returned. `undefined` when there are none, or they are too old. Does not reject.
   */
  newest(now: number): Promise<KeySet | undefined>;
}

/** Imports public keys for each of their algorithms. A key that cannot be imported is left out without an error. */
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

/** Creates a source of configured keys, which never change. They are imported by the first call of `newest`. */
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
