/** Keyed hashes and encryption of accounts, under the deployment's data key: people belong to no service. */
import { isToken } from "../../../domain/accounts/one_time_codes.ts";
import type { UserId } from "../../../domain/ids.ts";
import type { EmailAddress } from "../../../domain/recipient/email_address.ts";
import { toAsciiHost } from "../../../domain/recipient/idna.ts";
import type { Bytes, DataKey } from "../../crypto/envelope_encryption.ts";

/** The encrypted columns of accounts. */
export type SealedColumn =
  | "user name"
  | "user email"
  | "user mobile"
  | "user totp"
  | "code"
  | "session"
  | "invitation email"
  | "go-live contact"
  | "go-live reason"
  // Not a column: it is carried by addresses of the site.
  | "message search";

/** Keyed hashes and encryption of accounts. */
export interface AccountKey {
  /** The hash by which an address is found; spellings of one mailbox's host have one hash. */
  hashEmail(normalised: EmailAddress["normalised"]): Promise<Bytes>;
  hashNumber(number: string): Promise<Bytes>;
  /** The hash of a link's, session's or browser's token. */
  hashToken(purpose: string, token: string): Promise<Bytes>;
  /** The hash of a code that `holder` got. */
  hashCode(purpose: string, holder: string, code: string): Promise<Bytes>;
  /** The name of a counter, as a hash of its parts. */
  nameCounter(...parts: readonly string[]): Promise<string>;
  seal(text: string, column: SealedColumn, id: string): Promise<Bytes>;
  open(encrypted: Bytes, column: SealedColumn, id: string): Promise<string>;
  /** The MAC that the forms of a person carry. */
  markForm(userId: UserId): Promise<Bytes>;
  /** The MAC of an entry of the audit log. */
  sign(text: string): Promise<Bytes>;
  verify(mac: Bytes, text: string): Promise<boolean>;
}

/**
 * Returns the hash by which a recipient is found among the addresses and numbers of people: an address has the hash of
 * {@link AccountKey.hashEmail}. `undefined` where the runtime computes no hash in the calling thread.
 */
export function recipientHash(
  { lookupHere }: DataKey,
): ((normalised: string) => Bytes) | undefined {
  return lookupHere && ((normalised) =>
    lookupHere(
      normalised.includes("@")
        ? `account email ${toHashedAddress(normalised)}`
        : `account recipient ${normalised}`,
    ));
}

/** Creates the hashes and the encryption over the deployment's data key. */
export function createAccountKey(deploymentKey: () => Promise<DataKey>): AccountKey {
  const lookup = async (text: string) => (await deploymentKey()).lookup(`account ${text}`);
  return {
    hashEmail: (normalised) => lookup(`email ${toHashedAddress(normalised)}`),
    hashNumber: (number) => lookup(`number ${number}`),
    // A text that is no token cannot be one that was issued; its length is not bounded.
    hashToken: (purpose, token) => lookup(`token ${purpose} ${isToken(token) ? token : ""}`),
    hashCode: (purpose, holder, code) => lookup(`code ${purpose} ${holder} ${code}`),
    nameCounter: async (...parts) => (await lookup(`counter ${JSON.stringify(parts)}`)).toHex(),
    seal: async (text, column, id) => (await deploymentKey()).encrypt(text, aadOf(column, id)),
    open: async (encrypted, column, id) =>
      (await deploymentKey()).decrypt(encrypted, aadOf(column, id)),
    markForm: (userId) => lookup(`form of ${userId}`),
    sign: async (text) => (await deploymentKey()).sign(`audit ${text}`),
    verify: async (mac, text) => (await deploymentKey()).verify(mac, `audit ${text}`),
  };
}

function aadOf(column: SealedColumn, id: string): string {
  return `account ${column} ${id}`;
}

function toHashedAddress(normalised: string): string {
  const at = normalised.lastIndexOf("@");
  const host = normalised.slice(at + 1);
  return `${normalised.slice(0, at + 1)}${toAsciiHost(host) ?? host}`;
}
