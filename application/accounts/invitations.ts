/** Invitations to the teams of services. */
import type { Session } from "../../domain/accounts/account.ts";
import type { Invitation } from "../../domain/accounts/invitations.ts";
import type { AuditActor } from "../../domain/accounts/audit.ts";
import type {
  Busy,
  FieldRefusal,
  LinkRefusal,
  TeamRefusal,
} from "../../domain/accounts/refusals.ts";
import type { Role } from "../../domain/accounts/roles.ts";
import type { InvitationId, ServiceId } from "../../domain/ids.ts";
import type { Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import type { OpenedSession } from "./opened_session.ts";

/** An invitation as its link shows it. */
export interface OpenedInvitation {
  readonly invitation: Invitation;
  readonly serviceName: string;
  /** The name of the person who invites; `undefined` for the operator. */
  readonly inviterName: string | undefined;
  /** Whether the address has an account: sign in, otherwise register. */
  readonly hasAccount: boolean;
}

/** Invites people to the team of a service. */
export interface Invitations {
  list(serviceId: ServiceId): Promise<readonly Invitation[]>;
  /**
   * Invites an address. `canRegister` is whether the inviter is an operator or a token, who may invite addresses of any
   * domain.
   */
  invite(
    actor: AuditActor,
    serviceId: ServiceId,
    invitation: { readonly emailAddress: string; readonly roles: readonly Role[] },
    inviter: { readonly isOperator: boolean; readonly name: string | undefined },
    request: AccountRequest,
  ): Promise<Result<Invitation, TeamRefusal | FieldRefusal>>;
  /** Sends the invitation again with a new link, valid from now. */
  sendAgain(
    actor: AuditActor,
    serviceId: ServiceId,
    id: InvitationId,
    inviter: { readonly name: string | undefined },
    request: AccountRequest,
  ): Promise<Result<Invitation, TeamRefusal>>;
  withdraw(
    actor: AuditActor,
    serviceId: ServiceId,
    id: InvitationId,
  ): Promise<Result<void, TeamRefusal>>;
  /** Reads the link of an invitation without using it. */
  open(token: string): Promise<Result<OpenedInvitation, LinkRefusal>>;
  /** Makes the person of the session a member. */
  accept(session: Session, token: string): Promise<Result<ServiceId, LinkRefusal | TeamRefusal>>;
  /** Creates the account of an invited person, as {@link Registration.complete}; the invitation is accepted with it. */
  register(
    token: string,
    form: { readonly name: string; readonly password: string; readonly mobileNumber: string },
    request: AccountRequest,
  ): Promise<Result<OpenedSession, LinkRefusal | FieldRefusal | Busy>>;
}
