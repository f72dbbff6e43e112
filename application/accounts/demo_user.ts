/** The demo user of development: an operator, and owner of the demo service. */
import { INSTALLATION } from "../../domain/accounts/audit.ts";
import { MAIL_LIMITS, SIGN_IN_LIMIT, windowCharges } from "../../domain/accounts/limits.ts";
import { ROLES } from "../../domain/accounts/roles.ts";
import { INVITATION_VALID_MS } from "../../domain/accounts/one_time_codes.ts";
import type { InvitationId, ServiceId, UserId } from "../../domain/ids.ts";
import type { EmailAddress } from "../../domain/recipient/email_address.ts";
import type { AccountRequest } from "./account_request.ts";
import { newSession } from "./new_session.ts";
import type { OpenedSession } from "./opened_session.ts";
import type { AccountDependencies } from "./ports.ts";

const DEMO_ADDRESS: EmailAddress = {
  address: "demo@hark.example",
  normalised: "demo@hark.example",
};
const DEMO_NAME = "Demo user";
const ACTOR = { kind: "system" } as const;

/** Creates the sign-in of the demo user, without password and second factor. The first one creates the account. */
export function createDemoSignIn(
  ports: AccountDependencies,
  demoServiceId: () => ServiceId | undefined,
): (request: AccountRequest) => Promise<OpenedSession> {
  const { accounts, clock, hasher, links, secrets, signIns, teams } = ports;

  async function register(request: AccountRequest): Promise<UserId> {
    const now = clock.now();
    const token = secrets.newToken();
    await links.issueByOperator(
      { purpose: "operator", token, emailAddress: DEMO_ADDRESS },
      { chain: INSTALLATION, actor: ACTOR, action: "operator-link-created" },
      now,
    );
    const passwordHash = await hasher.hash(secrets.newToken());
    if (!passwordHash.ok) throw new Error("the demo user was not created: too many hashes wait");
    const id = clock.newId() as UserId;
    const user = await accounts.register(
      { purpose: "operator", token },
      { id, name: DEMO_NAME, passwordHash: passwordHash.value, language: request.language },
      newSession(ports, request, now),
      { chain: INSTALLATION, actor: ACTOR, action: "account-registered", subject: id },
      now,
    );
    // Another request may have created it meanwhile.
    const userId = user?.id ?? (await accounts.find(DEMO_ADDRESS))?.id;
    if (userId === undefined) throw new Error("the demo user was not created");
    return userId;
  }

  /** Makes the demo user a member of the demo service with all roles. */
  async function join(userId: UserId, serviceId: ServiceId): Promise<void> {
    const members = await teams.listMembers(serviceId);
    if (members.some((member) => member.userId === userId)) return;
    const now = clock.now();
    const token = secrets.newToken();
    const id = clock.newId() as InvitationId;
    await teams.invite(
      {
        id,
        serviceId,
        emailAddress: DEMO_ADDRESS,
        roles: ROLES,
        token,
        expiresAt: now + INVITATION_VALID_MS,
      },
      {
        service: [],
        address: (hash) => windowCharges(`mail-to:${hash}`, MAIL_LIMITS.address, now),
      },
      { chain: serviceId, actor: ACTOR, action: "invitation-created", subject: id },
      now,
    );
    await teams.acceptInvitation(token, userId, {
      chain: serviceId,
      actor: ACTOR,
      action: "invitation-accepted",
      subject: id,
    }, now);
  }

  return async (request) => {
    const userId = (await accounts.find(DEMO_ADDRESS))?.id ?? await register(request);
    const serviceId = demoServiceId();
    if (serviceId !== undefined) await join(userId, serviceId);
    const attempt = {
      emailAddress: DEMO_ADDRESS.normalised,
      // A network of its own: tries of others do not count for it.
      network: "demo",
      rememberedBrowser: undefined,
    };
    const now = clock.now();
    const { account } = await signIns.begin(attempt, SIGN_IN_LIMIT, now);
    const session = newSession(ports, request, now);
    const isOpen = account !== undefined && await signIns.open(
      attempt,
      SIGN_IN_LIMIT,
      { ...session, isComplete: true },
      { userId, passwordHash: account.passwordHash },
      { chain: INSTALLATION, actor: { kind: "user", id: userId }, action: "signed-in" },
      now,
    );
    if (!isOpen) throw new Error("the demo user is blocked");
    return { token: session.token, expiresAt: session.expiresAt, stage: "complete", next: "done" };
  };
}
