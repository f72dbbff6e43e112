/** Sends invitations to the teams of services. */
import { parseAccountEmail } from "../../domain/accounts/account_form.ts";
import type { AuditActor, NewAuditEntry } from "../../domain/accounts/audit.ts";
import type { Invitation } from "../../domain/accounts/invitations.ts";
import {
  INVITATION_LIMIT,
  MAIL_LIMITS,
  secondsUntil,
  windowCharges,
} from "../../domain/accounts/limits.ts";
import { INVITATION_VALID_MS } from "../../domain/accounts/one_time_codes.ts";
import { OWN_SERVICE_ID } from "../../domain/accounts/own_messages.ts";
import type { FieldRefusal, TeamRefusal } from "../../domain/accounts/refusals.ts";
import { mayRegister } from "../../domain/accounts/registration_domains.ts";
import type { Role } from "../../domain/accounts/roles.ts";
import type { InvitationId, ServiceId } from "../../domain/ids.ts";
import type { InvitationCharges } from "../../domain/ports/team_store.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import type { AccountDependencies } from "./ports.ts";

/** Who invites, for the message. */
export interface Inviter {
  /** `undefined` for an operator's token. */
  readonly name: string | undefined;
  readonly serviceName: string;
}

/** The part of invitations that sends them. */
export interface SentInvitations {
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
}

/** The inviter in a message when it is no person. */
const OPERATOR_NAMES = { en: "The operator", uk: "Оператор" } as const;

/** Creates the part of invitations that sends them. */
export function createSentInvitations(ports: AccountDependencies): SentInvitations {
  const { clock, policy, secrets, sendMessage, teams } = ports;

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

  return {
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
  };
}

function chargesOf(serviceId: ServiceId, now: number): InvitationCharges {
  return {
    service: windowCharges(`invitations:${serviceId}`, [INVITATION_LIMIT], now),
    address: (hash) => windowCharges(`mail-to:${hash}`, MAIL_LIMITS.address, now),
  };
}
