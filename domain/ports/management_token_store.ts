import type { NewAuditEntry } from "../accounts/audit.ts";
import type { ManagementToken } from "../accounts/management_tokens.ts";
import type { ManagementTokenId } from "../ids.ts";
import type { PagePosition } from "./page_position.ts";

/** A management token to be stored. */
export interface NewManagementToken
  extends Pick<ManagementToken, "id" | "name" | "serviceId" | "isReadOnly" | "expiresAt"> {
  /** The random part; only its keyed hash is stored. */
  readonly secret: string;
}

/** Why a token was not created; nothing was written. */
export type ManagementTokenIssue =
  /** There is a token with this id: the request was sent twice. */
  | "already-created"
  /** There is no such service. */
  | "no-service"
  /** There are as many tokens in use as there may be. */
  | "full";

/** Stores management tokens. */
export interface ManagementTokenStore {
  /** Creates a token with its audit entry, in one batch. */
  create(
    token: NewManagementToken,
    audit: NewAuditEntry,
    now: number,
  ): Promise<ManagementToken | ManagementTokenIssue>;
  /** Finds a token by its secret, in one round trip; a revoked or expired one too. */
  find(secret: string): Promise<ManagementToken | undefined>;
  /** @returns the token with an id, a revoked or expired one too; `undefined` when there is none */
  get(id: ManagementTokenId): Promise<ManagementToken | undefined>;
  /** Writes that a token was used, unless a use after `before` is written. */
  noteUse(id: ManagementTokenId, before: number, now: number): Promise<void>;
  /** The tokens, newest first, revoked and expired ones too: those at a position, at most `limit`. */
  list(
    position: PagePosition<ManagementTokenId>,
    limit: number,
  ): Promise<readonly ManagementToken[]>;
  /**
   * Revokes a token with its audit entry, in one batch. Idempotent: the second call writes nothing.
   *
   * @returns the token; `undefined` when there is none
   */
  revoke(
    id: ManagementTokenId,
    audit: NewAuditEntry,
    now: number,
  ): Promise<ManagementToken | undefined>;
}
