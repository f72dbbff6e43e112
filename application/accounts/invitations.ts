/** Invitations to the teams of services. */
import { isToken } from "../../domain/accounts/one_time_codes.ts";
import type { NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { StoredInvitation, TeamPage } from "../../domain/ports/team_store.ts";
import { ok, refuse } from "../../domain/result.ts";
import type { AccountDependencies } from "./ports.ts";
import type { CompleteRegistration } from "./registration.ts";
import type { Session } from "../../domain/accounts/account.ts";
import type { Invitation } from "../../domain/accounts/invitations.ts";
import type { AuditActor } from "../../domain/accounts/audit.ts";
import type {
  Busy,
  FieldRefusal,
  LinkRefusal,
  TeamRefusal,
} from "../../domain/accounts/refusals.ts";
import type { InvitationId, ServiceId } from "../../domain/ids.ts";
import type { Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import type { OpenedSession } from "./opened_session.ts";
import { createSentInvitations, type SentInvitations } from "./send_invitation.ts";

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
export interface Invitations extends SentInvitations {
  /** The invitations that are neither accepted nor withdrawn, newest first: a page of them, or the first 500. */
  list(serviceId: ServiceId, page?: TeamPage<InvitationId>): Promise<readonly Invitation[]>;
  withdraw(
    actor: AuditActor,
    serviceId: ServiceId,
    id: InvitationId,
  ): Promise<Result<void, TeamRefusal>>;
  /** Reads the link of an invitation without using it. */
  open(token: string): Promise<Result<OpenedInvitation, LinkRefusal>>;
  /** Makes the person of the session a member. */
  accept(session: Session, token: string): Promise<Result<ServiceId, LinkRefusal | TeamRefusal>>;
  /** Creates the account of an invited person, as registering does. The invitation stays valid: the person accepts it then. */
  register(
    token: string,
    form: { readonly name: string; readonly password: string; readonly mobileNumber: string },
    request: AccountRequest,
  ): Promise<Result<OpenedSession, LinkRefusal | FieldRefusal | Busy>>;
}

/** Creates the use cases of invitations. */
export function createInvitations(
  ports: AccountDependencies,
  completeWith: CompleteRegistration,
): Invitations {
  const { accounts, clock, teams } = ports;

  async function read(token: string): Promise<Result<StoredInvitation, LinkRefusal>> {
    const found = isToken(token) ? await teams.readInvitation(token, clock.now()) : undefined;
    if (found === undefined) return refuse({ kind: "link", because: "unknown" });
    return found.state === "valid" ? ok(found) : refuse({ kind: "link", because: found.state });
  }

  return {
    ...createSentInvitations(ports),
    list: (serviceId, page) => teams.listInvitations(serviceId, page),
    async withdraw(actor, serviceId, id) {
      const entry: NewAuditEntry = {
        chain: serviceId,
        actor,
        action: "invitation-withdrawn",
        subject: id,
      };
      return await teams.withdrawInvitation(serviceId, id, entry, clock.now())
        ? ok(undefined)
        : refuse({ kind: "not-found" });
    },
    async open(token) {
      const found = await read(token);
      if (!found.ok) return found;
      const { invitation, serviceName, hasAccount } = found.value;
      const { invitedBy } = invitation;
      const names = invitedBy.kind === "user" ? await accounts.names([invitedBy.id]) : undefined;
      const inviterName = invitedBy.kind === "user" ? names?.get(invitedBy.id) : undefined;
      return ok({ invitation, serviceName, inviterName, hasAccount });
    },
    async accept({ stage, user }, token) {
      const found = await read(token);
      if (!found.ok) return found;
      const { serviceId, id, roles } = found.value.invitation;
      if (stage !== "complete") return refuse({ kind: "another-address" });
      const isAccepted = await teams.acceptInvitation(token, user.id, {
        chain: serviceId,
        actor: { kind: "user", id: user.id },
        action: "invitation-accepted",
        subject: id,
        facts: { roles },
      }, clock.now());
      return isAccepted ? ok(serviceId) : refuse({ kind: "another-address" });
    },
    register: (token, form, request) =>
      completeWith(
        {
          purpose: "invitation",
          token,
          read: async () => {
            const found = await read(token);
            if (!found.ok) return found;
            const { invitation: { emailAddress }, hasAccount } = found.value;
            return ok({ emailAddress, hasAccount });
          },
        },
        form,
        request,
      ),
  };
}
