/** Password hashes by scrypt of `node:crypto`, which Deno and Workers with `nodejs_compat` have. */
import type { PasswordHasher } from "../../domain/ports/password_hasher.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { Busy } from "../../domain/accounts/refusals.ts";

/** The parameters that OWASP recommends; 16 MiB and about 0.3 seconds of one core. */
const SCRYPT = { N: 16_384, r: 8, p: 5 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** `node:crypto` refuses to use more memory than this; one hash uses 16 MiB and a little more. */
const MAX_MEMORY_BYTES = 64 * 1024 * 1024;

/** How many hashes are computed at a time: each uses 16 MiB. */
export const HASHES_AT_ONCE = 2;
/** How many hashes may wait. A further one is refused. */
export const MAX_WAITING_HASHES = 20;
/** `Retry-After` of a refusal, in seconds: about the time in which all that wait are computed. */
const BUSY_RETRY_S = 5;

const HASH = /^scrypt\$16384\$8\$5\$([A-Za-z0-9+/]{22}==)\$([A-Za-z0-9+/]{43}=)$/;

/** Computes a hash of `length` bytes. */
export type Scrypt = (
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  length: number,
) => Promise<Uint8Array<ArrayBuffer>>;

/** Options of {@link createPasswordHasher}. */
export interface PasswordHasherOptions {
  /** How many hashes may wait; 0 on Workers, where a request may not wait for another one. */
  readonly maxWaiting?: number;
  /** By default `scrypt` of `node:crypto`. */
  readonly scrypt?: Scrypt;
}

/** Creates the hasher of passwords. Its limits hold for one process. */
export function createPasswordHasher(
  { maxWaiting = MAX_WAITING_HASHES, scrypt = nodeScrypt }: PasswordHasherOptions = {},
): PasswordHasher {
  let running = 0;
  const waiting: (() => void)[] = [];

  const isBusy = (): Busy | undefined =>
    running >= HASHES_AT_ONCE && waiting.length >= maxWaiting
      ? { kind: "busy", retryAfterS: BUSY_RETRY_S }
      : undefined;

  async function run<T>(work: () => Promise<T>): Promise<Result<T, Busy>> {
    const busy = isBusy();
    if (busy !== undefined) return refuse(busy);
    if (running >= HASHES_AT_ONCE) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running++;
    }
    try {
      return ok(await work());
    } finally {
      // The place passes to the next one that waits.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  }

  return {
    isBusy,
    hash: (password) =>
      run(async () => {
        const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
        const hash = await scrypt(password, salt, HASH_BYTES);
        return `scrypt$${SCRYPT.N}$${SCRYPT.r}$${SCRYPT.p}$${salt.toBase64()}$${hash.toBase64()}`;
      }),
    verify: (password, stored) =>
      run(async () => {
        const [, salt, hash] = HASH.exec(stored ?? "") ?? [];
        const saltBytes = salt === undefined
          ? new Uint8Array(SALT_BYTES)
          : Uint8Array.fromBase64(salt);
        const computed = await scrypt(password, saltBytes, HASH_BYTES);
        return hash !== undefined && isSame(computed, Uint8Array.fromBase64(hash));
      }),
  };
}

/** Compares in constant time. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0);
  return difference === 0;
}

const nodeScrypt: Scrypt = async (password, salt, length) => {
  const { scrypt } = await import("node:crypto");
  return await new Promise((resolve, reject) => {
    const options = { ...SCRYPT, maxmem: MAX_MEMORY_BYTES };
    scrypt(password.normalize("NFKC"), salt, length, options, (error, key) => {
      if (error === null) resolve(new Uint8Array(key));
      else reject(error);
    });
  });
};
