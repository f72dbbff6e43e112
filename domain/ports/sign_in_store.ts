import type { User } from "../accounts/account.ts";
import type { NewAuditEntry } from "../accounts/audit.ts";
import type { WindowLimit } from "../accounts/limits.ts";
import type { SessionId, UserId } from "../ids.ts";
import type { NewSession } from "./account_store.ts";

/** A try to sign in. */
export interface SignInTry {
  /** The address in its normalised form, or as typed where it is not valid: then there is no account. */
  readonly emailAddress: string;
  /** The client's network. */
  readonly network: string;
  /** The value of the cookie of a remembered browser. */
  readonly rememberedBrowser: string | undefined;
}

/** The result of {@link SignInStore.begin}. */
export interface BegunSignIn {
  /** When the limit is used up: until when, in epoch milliseconds. The password must not be compared then. */
  readonly limitedUntil: number | undefined;
  readonly account:
    | {
      readonly passwordHash: string;
      /** Decrypts the person: only after the password was right, so that the time is the same without an account. */
      readonly readUser: () => Promise<User>;
      /** Whether the browser is one that the person asked to remember. */
      readonly isRemembered: boolean;
    }
    | undefined;
}

/** Stores sign-ins by password. */
export interface SignInStore {
  /**
   * Counts a try of the address from the network, unless the limit is used up, and reads the account: one round trip.
   * A try counts as failed; {@link open} resets the counter.
   */
  begin(attempt: SignInTry, limit: WindowLimit, now: number): Promise<BegunSignIn>;
  /**
   * Creates the session of a sign-in that succeeded, and resets the counter of failures.
   *
   * @returns `false` when the account was blocked or has another password now
   */
  open(
    attempt: SignInTry,
    limit: WindowLimit,
    session: NewSession & { readonly isComplete: boolean },
    account: { readonly userId: UserId; readonly passwordHash: string },
    audit: NewAuditEntry,
    now: number,
  ): Promise<boolean>;
  /** Counts a try of a re-authentication, and reads the account's password hash. */
  beginAgain(
    userId: UserId,
    limit: WindowLimit,
    now: number,
  ): Promise<
    { readonly limitedUntil: number | undefined; readonly passwordHash: string | undefined }
  >;
  /**
   * Notes that the password was given again, under a new token, and resets the counter of failures.
   *
   * @returns `false` when the session has ended
   */
  reauthenticate(
    userId: UserId,
    limit: WindowLimit,
    session: { readonly id: SessionId; readonly token: string },
    audit: NewAuditEntry,
    now: number,
  ): Promise<boolean>;
}
