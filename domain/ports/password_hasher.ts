import type { Result } from "../result.ts";
import type { Busy } from "../accounts/refusals.ts";

/** Hashes passwords. A hash takes about 0.3 seconds of one core and 16 MiB, so few run at a time. */
export interface PasswordHasher {
  /** Whether a further hash would be refused at present: to refuse before a try is counted. */
  isBusy(): Busy | undefined;
  /** Hashes a password with a new salt. @returns `busy` when too many hashes wait already */
  hash(password: string): Promise<Result<string, Busy>>;
  /**
   * Whether a password is the one that was hashed. Without a hash it does the same work and the result is `false`, so
   * that the time does not tell whether there is an account.
   */
  verify(password: string, hash: string | undefined): Promise<Result<boolean, Busy>>;
}
