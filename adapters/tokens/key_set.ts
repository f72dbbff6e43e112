import { type CryptoKey, importJWK } from "jose";
import type { PublicKey, SignatureAlgorithm } from "../../domain/access/access_token_keys.ts";

/** Public keys, imported. A set never changes; a key server's next answer is another set. */
export interface KeySet {
  /** The keys that may have signed so: those of the id, or all where the token names none. */
  find(algorithm: SignatureAlgorithm, kid: string | undefined): readonly CryptoKey[];
}

/** Where keys come from. */
export interface KeySource {
  /** The keys that may be used without asking anybody; `undefined` when they are not fresh, or there are none yet. */
  atHand(now: number): KeySet | undefined;
  /** The keys of just now, as far as asking is not too often; `undefined` when none are to be had. */
  newest(now: number): Promise<KeySet | undefined>;
}

/** Imports keys. What cannot be imported is left out of the set. */
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

/** The keys that were given; they never change. */
export function createFixedSource(keys: readonly PublicKey[]): KeySource {
  let set: KeySet | undefined;
  return {
    atHand: () => set,
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
    // Numbers that are no key, such as a point that is not on the curve; some runtimes say so, and not alike.
    return undefined;
  }
}
