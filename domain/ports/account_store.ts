import type { AccountLanguage, User, UserState } from "../accounts/account.ts";
import type { NewAuditEntry } from "../accounts/audit.ts";
import type { LinkPurpose } from "../accounts/one_time_codes.ts";
import type { SessionId, UserId } from "../ids.ts";
import type { EmailAddress } from "../recipient/email_address.ts";

/** A session to be created. */
export interface NewSession {
  readonly id: SessionId;
  /** The value of the cookie; only its keyed hash is stored. */
  readonly token: string;
  readonly browser: string;
  readonly address: string | undefined;
  readonly expiresAt: number;
}

/** A user to be created. */
export interface NewUser {
  readonly id: UserId;
  readonly name: string;
  readonly passwordHash: string;
  readonly language: AccountLanguage;
}

/** Which link an account is created with. */
export type RegistrationLink =
  | Exclude<LinkPurpose, "password-reset" | "email-change">
  | "invitation";

/** Stores accounts. Every verb is one batch with its audit entry, or changes nothing. */
export interface AccountStore {
  /**
   * Creates the account of a link's address, with a session of stage `first-factor`, and uses the link. With an
   * operator's link the account is an operator's. An invitation's link proves the address and stays valid, so that the
   * person accepts the invitation afterwards.
   *
   * @returns `undefined` when the link is not valid, was used, or the address has an account
   */
  register(
    link: { readonly purpose: RegistrationLink; readonly token: string },
    user: NewUser,
    session: NewSession,
    audit: NewAuditEntry,
    now: number,
  ): Promise<User | undefined>;
  /**
   * Uses the link to a new password: sets it, ends all sessions and forgets all browsers of the account.
   *
   * @returns the account's id; `undefined` when the link is not valid or was used
   */
  resetPassword(
    token: string,
    passwordHash: string,
    audit: (userId: UserId) => NewAuditEntry,
    now: number,
  ): Promise<UserId | undefined>;
  /** Sets a new password, ends the other sessions and forgets all browsers. */
  setPassword(
    userId: UserId,
    passwordHash: string,
    keep: SessionId,
    audit: NewAuditEntry,
    now: number,
  ): Promise<void>;
  setName(userId: UserId, name: string, audit: NewAuditEntry, now: number): Promise<void>;
  setLanguage(userId: UserId, language: AccountLanguage, now: number): Promise<void>;
  /**
   * Uses the link to a new address and keeps it.
   *
   * @returns the address before; `undefined` when the link is not valid, was used, or the new address has an account
   */
  changeEmailAddress(
    token: string,
    audit: (userId: UserId) => NewAuditEntry,
    now: number,
  ): Promise<{ readonly before: string; readonly language: AccountLanguage } | undefined>;
  /**
   * Blocks an account, and ends its sessions, or unblocks it.
   *
   * @returns `false` when there is none
   */
  setState(userId: UserId, state: UserState, audit: NewAuditEntry, now: number): Promise<boolean>;
  /**
   * Removes number, app, recovery codes, remembered browsers and password, and ends the sessions: the person proves the
   * mailbox again for a new password, and then sets up a new factor.
   *
   * @returns `false` when there is no such account
   */
  resetSecondFactor(userId: UserId, audit: NewAuditEntry, now: number): Promise<boolean>;
  /**
   * Deletes an account with its sessions, codes and memberships.
   *
   * @returns `false` when it is the last member of a service who has `manage`
   */
  delete(userId: UserId, audit: NewAuditEntry, now: number): Promise<boolean>;
  /** Uses an operator's link and makes the account an operator. @returns `false` when the link is not valid for it */
  makeOperator(
    token: string,
    userId: UserId,
    audit: NewAuditEntry,
    now: number,
  ): Promise<boolean>;
  /** Finds the account of an address. */
  find(emailAddress: EmailAddress): Promise<User | undefined>;
  /** @returns `undefined` when there is no such account */
  get(userId: UserId): Promise<User | undefined>;
  hasAny(): Promise<boolean>;
  /** Whether there is an operator who is not blocked. */
  hasOperator(): Promise<boolean>;
  /** The names of accounts by their ids; ids without an account are left out. */
  names(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, string>>;
}
