/** Management tokens. */
import { type AuditActor, INSTALLATION, type NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { ManagementAccess } from "../../domain/accounts/management_access.ts";
import {
  isUseDue,
  LAST_USED_EVERY_MS,
  type ManagementToken,
  parseManagementToken,
  tokenFaultOf,
  toManagementToken,
} from "../../domain/accounts/management_tokens.ts";
import { OWN_SERVICE_ID } from "../../domain/accounts/own_messages.ts";
import type { ManagementTokenId, ServiceId } from "../../domain/ids.ts";
import type { ManagementTokenIssue } from "../../domain/ports/management_token_store.ts";
import type { PagePosition } from "../../domain/ports/page_position.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { AccountDependencies } from "./ports.ts";

/** A token to create. Its name is one that `nameFaultOf` allows. */
export interface ManagementTokenForm {
  readonly name: string;
  /** The only service that it reaches; `undefined` for all of the management API. */
  readonly serviceId: ServiceId | undefined;
  readonly isReadOnly: boolean;
  /** Epoch milliseconds; `undefined` for never. */
  readonly expiresAt: number | undefined;
}

/** A token that was created. */
export interface CreatedManagementToken {
  readonly token: ManagementToken;
  /** The token in full: it cannot be read again. */
  readonly text: string;
}

/** Why a token was not created. */
export type CreateTokenRefusal = { readonly kind: "expires-in-past" | ManagementTokenIssue };

/** Why a token does not authenticate its caller. */
export type TokenRefusal = { readonly kind: "wrong" | "revoked" | "expired" };

/** Creates, lists, revokes and authenticates management tokens. */
export interface ManagementTokens {
  /** Finds what a token allows, in one round trip, and notes its use: at most one write an hour. */
  authenticate(text: string): Promise<Result<ManagementAccess, TokenRefusal>>;
  /** Creates a token with the id of the caller's, so that a request that is sent twice creates one. */
  create(
    actor: AuditActor,
    id: ManagementTokenId,
    form: ManagementTokenForm,
  ): Promise<Result<CreatedManagementToken, CreateTokenRefusal>>;
  /** The tokens, newest first, revoked and expired ones too. */
  list(
    position: PagePosition<ManagementTokenId>,
    limit: number,
  ): Promise<readonly ManagementToken[]>;
  /** @returns the token, a revoked or expired one too; `undefined` when there is none */
  get(id: ManagementTokenId): Promise<ManagementToken | undefined>;
  /** Revokes a token at once. Idempotent. @returns the token; `undefined` when there is none */
  revoke(actor: AuditActor, id: ManagementTokenId): Promise<ManagementToken | undefined>;
}

/** Creates the use cases of management tokens. */
export function createManagementTokens(
  { clock, managementTokens: store, secrets }: Pick<
    AccountDependencies,
    "clock" | "managementTokens" | "secrets"
  >,
): ManagementTokens {
  return {
    async authenticate(text) {
      const secret = parseManagementToken(text);
      const token = secret === undefined ? undefined : await store.find(secret);
      if (token === undefined) return refuse({ kind: "wrong" });
      const now = clock.now();
      const fault = tokenFaultOf(token, now);
      if (fault !== undefined) return refuse({ kind: fault });
      if (isUseDue(token.lastUsedAt, now)) {
        await store.noteUse(token.id, now - LAST_USED_EVERY_MS, now);
      }
      return ok({
        actor: { kind: "management-token", id: token.id },
        serviceId: token.serviceId,
        isReadOnly: token.isReadOnly,
      });
    },
    async create(actor, id, form) {
      const now = clock.now();
      const { expiresAt, isReadOnly, serviceId } = form;
      // Its reads of who signs in would not be entries of the audit log.
      if (serviceId === OWN_SERVICE_ID) return refuse({ kind: "no-service" });
      if (expiresAt !== undefined && expiresAt <= now) return refuse({ kind: "expires-in-past" });
      const secret = secrets.newToken();
      const entry: NewAuditEntry = {
        chain: INSTALLATION,
        actor,
        action: "management-token-created",
        subject: id,
        facts: { scope: serviceId ?? "all", read_only: isReadOnly },
      };
      const created = await store.create({ ...form, id, secret }, entry, now);
      return typeof created === "string"
        ? refuse({ kind: created })
        : ok({ token: created, text: toManagementToken(secret) });
    },
    list: (position, limit) => store.list(position, limit),
    get: (id) => store.get(id),
    async revoke(actor, id) {
      const entry: NewAuditEntry = {
        chain: INSTALLATION,
        actor,
        action: "management-token-revoked",
        subject: id,
      };
      return await store.revoke(id, entry, clock.now());
    },
  };
}
