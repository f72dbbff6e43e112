/** Invitations to the teams of services. */
import { parseAccountEmail } from "../../domain/accounts/account_form.ts";
import {
  INVITATION_LIMIT,
  MAIL_LIMITS,
  secondsUntil,
  windowCharges,
} from "../../domain/accounts/limits.ts";
import { INVITATION_VALID_MS, isToken } from "../../domain/accounts/one_time_codes.ts";
import { OWN_SERVICE_ID } from "../../domain/accounts/own_messages.ts";
import { mayRegister } from "../../domain/accounts/registration_domains.ts";
import type { NewAuditEntry } from "../../domain/accounts/audit.ts";
import type {
  InvitationCharges,
  StoredInvitation,
  TeamPage,
} from "../../domain/ports/team_store.ts";
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

/** Who invites, for the message. */
export interface Inviter {
  /** `undefined` for an operator's token. */
  readonly name: string | undefined;
  readonly serviceName: string;
}

/** Invites people to the team of a service. */
export interface Invitations {
  /** The invitations that are neither accepted nor withdrawn, newest first: a page of them, or the first 500. */
  list(serviceId: ServiceId, page?: TeamPage<InvitationId>): Promise<readonly Invitation[]>;
  /** Invites an address. Only operators and tokens may invite one of a domain that may not register. */
  invite(
    actor: AuditActor,
    serviceId: ServiceId,
    invitation: { readonly emailAddress: string; readonly roles: readonly Role[] },
    inviter: Inviter & { readonly isOperator: boolean },
    request: AccountRequest,
  ): Promise<Result<Invitation, TeamRefusal | FieldRefusal>>;
  /** Sends the invitation again with a new link, valid from now. */
  sendAgain(
    actor: AuditActor,
    serviceId: ServiceId,
    id: InvitationId,
    inviter: Inviter,
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
  /** Creates the account of an invited person, as registering does. The invitation stays valid: the person accepts it then. */
  register(
    token: string,
    form: { readonly name: string; readonly password: string; readonly mobileNumber: string },
    request: AccountRequest,
  ): Promise<Result<OpenedSession, LinkRefusal | FieldRefusal | Busy>>;
}

/** The inviter in a message when it is no person. */
const OPERATOR_NAMES = { en: "The operator", uk: "Оператор" } as const;

/** Creates the use cases of invitations. */
export function createInvitations(
  ports: AccountDependencies,
  completeWith: CompleteRegistration,
): Invitations {
  const { accounts, clock, policy, secrets, sendMessage, teams } = ports;

  /** Sends the link of an invitation. */
  async function send(
    { emailAddress, expiresAt }: Pick<Invitation, "emailAddress" | "expiresAt">,
    { token, serviceName, inviterName }: {
      readonly token: string;
      readonly serviceName: string;
      readonly inviterName: string | undefined;
    },
    { language, root, waitUntil }: AccountRequest,
  ): Promise<void> {
    await sendMessage({
      name: "invitation",
      to: emailAddress,
      language,
      values: {
        link: `${root}invitations/${token}`,
        inviter: inviterName ?? OPERATOR_NAMES[language],
        service: serviceName,
      },
      validUntil: expiresAt,
    }, waitUntil);
  }

  async function read(token: string): Promise<Result<StoredInvitation, LinkRefusal>> {
    const found = isToken(token) ? await teams.readInvitation(token, clock.now()) : undefined;
    if (found === undefined) return refuse({ kind: "link", because: "unknown" });
    return found.state === "valid" ? ok(found) : refuse({ kind: "link", because: found.state });
  }

  return {
    list: (serviceId, page) => teams.listInvitations(serviceId, page),
    async invite(actor, serviceId, { emailAddress: typed, roles }, inviter, request) {
      const emailAddress = parseAccountEmail(typed);
      if (!emailAddress.ok) return emailAddress;
      // Members could read the one-time codes that Hark's own service sends.
      if (serviceId === OWN_SERVICE_ID) return refuse({ kind: "not-found" });
      if (!policy.hasEmail) return refuse({ kind: "no-email-provider" });
      const { normalised, address } = emailAddress.value;
      if (!inviter.isOperator && !mayRegister(normalised, policy.registrationDomains)) {
        return refuse({ kind: "domain-not-allowed" });
      }
      const now = clock.now();
      const id = clock.newId() as InvitationId;
      const token = secrets.newToken();
      const expiresAt = now + INVITATION_VALID_MS;
      const entry: NewAuditEntry = {
        chain: serviceId,
        actor,
        action: "invitation-created",
        subject: id,
        facts: { roles },
      };
      const issued = await teams.invite(
        { id, serviceId, emailAddress: emailAddress.value, roles, token, expiresAt },
        chargesOf(serviceId, now),
        entry,
        now,
      );
      if (issued.kind === "limited") {
        const retryAfterS = secondsUntil(issued.until, now);
        return refuse({ kind: "too-many-invitations", retryAfterS });
      }
      if (issued.kind !== "invited") return refuse({ kind: issued.kind });
      const invitation: Invitation = {
        id,
        serviceId,
        emailAddress: address,
        roles,
        invitedBy: actor,
        createdAt: now,
        expiresAt,
      };
      if (issued.isMailAllowed) {
        const { serviceName, name: inviterName } = inviter;
        await send(invitation, { token, serviceName, inviterName }, request);
      }
      return ok(invitation);
    },
    async sendAgain(actor, serviceId, id, inviter, request) {
      const now = clock.now();
      const token = secrets.newToken();
      const entry: NewAuditEntry = {
        chain: serviceId,
        actor,
        action: "invitation-sent-again",
        subject: id,
      };
      const renewed = await teams.renewInvitation(
        serviceId,
        id,
        { token, expiresAt: now + INVITATION_VALID_MS },
        chargesOf(serviceId, now),
        entry,
        now,
      );
      if (renewed.kind === "limited") {
        const retryAfterS = secondsUntil(renewed.until, now);
        return refuse({ kind: "too-many-invitations", retryAfterS });
      }
      if (renewed.kind === "not-found") return refuse({ kind: "not-found" });
      if (renewed.isMailAllowed) {
        const { serviceName, name: inviterName } = inviter;
        await send(renewed.invitation, { token, serviceName, inviterName }, request);
      }
      return ok(renewed.invitation);
    },
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

function chargesOf(serviceId: ServiceId, now: number): InvitationCharges {
  return {
    service: windowCharges(`invitations:${serviceId}`, [INVITATION_LIMIT], now),
    address: (hash) => windowCharges(`mail-to:${hash}`, MAIL_LIMITS.address, now),
  };
}
