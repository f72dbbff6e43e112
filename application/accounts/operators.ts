/** The operator's side of accounts. */
import type { Session, User } from "../../domain/accounts/account.ts";
import type { AuditActor } from "../../domain/accounts/audit.ts";
import type {
  Busy,
  FieldRefusal,
  LinkRefusal,
  TeamRefusal,
} from "../../domain/accounts/refusals.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import type { OpenedSession } from "./opened_session.ts";

/** The operator's side of accounts. */
export interface Operators {
  /**
   * Creates the link of an operator, valid for an hour and once. It leads to registering, or makes the account of the
   * address an operator once its owner follows it.
   */
  createLink(
    actor: AuditActor,
    emailAddress: string,
    root: string,
  ): Promise<Result<{ readonly url: string; readonly expiresAt: number }, FieldRefusal>>;
  /** Reads the link without using it. */
  open(
    token: string,
  ): Promise<Result<{ readonly emailAddress: string; readonly hasAccount: boolean }, LinkRefusal>>;
  /** Creates the operator's account, as {@link Registration.complete}. */
  register(
    token: string,
    form: { readonly name: string; readonly password: string; readonly mobileNumber: string },
    request: AccountRequest,
  ): Promise<Result<OpenedSession, LinkRefusal | FieldRefusal | Busy>>;
  /** Makes the account of the signed-in person, whose address the link names, an operator. */
  accept(session: Session, token: string): Promise<Result<void, LinkRefusal | TeamRefusal>>;
  /** Whether the database has any user: while it has none, the first page explains how to make the first operator. */
  hasAnyUser(): Promise<boolean>;
  listUsers(after: UserId | undefined, limit: number): Promise<readonly User[]>;
  block(actor: AuditActor, userId: UserId): Promise<Result<void, TeamRefusal>>;
  unblock(actor: AuditActor, userId: UserId): Promise<Result<void, TeamRefusal>>;
}
