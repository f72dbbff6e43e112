import type { AccountLanguage } from "../accounts/account.ts";
import type { NewAuditEntry } from "../accounts/audit.ts";
import type { WindowCharge } from "../accounts/limits.ts";
import type { LinkPurpose } from "../accounts/one_time_codes.ts";
import type { UserId } from "../ids.ts";
import type { EmailAddress } from "../recipient/email_address.ts";

/** A link to be sent to an address. */
export interface NewLink {
  readonly purpose: LinkPurpose;
  /** The link's secret; only its keyed hash is stored. */
  readonly token: string;
  readonly emailAddress: EmailAddress;
  /** Whose address is to change; for the purpose `email-change`. */
  readonly userId?: UserId | undefined;
}

/** The result of {@link AccountLinkStore.issue}. */
export interface IssuedLink {
  /** Whether all limits allowed the message. Otherwise nothing was written, and nothing may be sent. */
  readonly isAllowed: boolean;
  /** The account that has the address, if any. */
  readonly account:
    | { readonly id: UserId; readonly language: AccountLanguage; readonly isBlocked: boolean }
    | undefined;
}

/** A link as it was issued. */
export interface StoredLink {
  readonly state: "valid" | "used" | "expired";
  readonly emailAddress: string;
  readonly userId: UserId | undefined;
  /** Whether the address has an account now. */
  readonly hasAccount: boolean;
}

/** What a message costs. The names of counters hold keyed hashes, which the store computes. */
export interface MailCharges {
  /** The client's network. */
  readonly network: string;
  readonly chargesOf: (
    hashes: { readonly address: string; readonly network: string },
  ) => readonly WindowCharge[];
}

/** Stores the links that are sent by e-mail. */
export interface AccountLinkStore {
  /**
   * Counts a message to the address and stores a link, or neither. The link is stored whether the address has an account
   * or not, so that the work is the same; the caller sends it only where it can be used.
   */
  issue(link: NewLink, charges: MailCharges, now: number): Promise<IssuedLink>;
  /** Stores a link without limits, with its audit entry: for an operator's link. */
  issueByOperator(link: NewLink, audit: NewAuditEntry, now: number): Promise<void>;
  /** Reads a link without using it. @returns `undefined` for one that was never issued, or is long over */
  read(purpose: LinkPurpose, token: string, now: number): Promise<StoredLink | undefined>;
}
