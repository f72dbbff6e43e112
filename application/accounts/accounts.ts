/** All use cases of accounts, as pages and the management API call them. */
import { type AccountSettings, createAccountSettings } from "./account_settings.ts";
import { type Audit, createAudit } from "./audit.ts";
import { createGoLive, type GoLive } from "./go_live.ts";
import { createInvitations, type Invitations } from "./invitations.ts";
import { createManagementTokens, type ManagementTokens } from "./management_tokens.ts";
import { createMembers, type Members } from "./members.ts";
import { createOperators, type Operators } from "./operators.ts";
import { createDemoSignIn } from "./demo_user.ts";
import type { AccountDependencies } from "./ports.ts";
import type { AccountPolicy } from "./policy.ts";
import {
  createCompleteRegistration,
  createRegistration,
  type Registration,
} from "./registration.ts";
import { createReplyToProofs, type ReplyToProofs } from "./reply_to_proofs.ts";
import { createSecondFactor, type SecondFactor } from "./second_factor.ts";
import { type AccountServices, createAccountServices } from "./services.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { createSignIn, type SignIn } from "./sign_in.ts";

/** All use cases of accounts. */
export interface Accounts {
  readonly registration: Registration;
  readonly signIn: SignIn;
  readonly secondFactor: SecondFactor;
  readonly sessions: Sessions;
  readonly settings: AccountSettings;
  readonly services: AccountServices;
  readonly invitations: Invitations;
  readonly members: Members;
  readonly goLive: GoLive;
  readonly replyToProofs: ReplyToProofs;
  readonly audit: Audit;
  readonly operators: Operators;
  readonly managementTokens: ManagementTokens;
  /** What the pages show of the deployment's settings. */
  readonly policy: AccountPolicy;
}

/** Creates the use cases of accounts. */
export function createAccounts(ports: AccountDependencies): Accounts {
  const secondFactor = createSecondFactor(ports);
  const completeWith = createCompleteRegistration(ports, secondFactor);
  const asDemoUser = ports.demoServiceId && createDemoSignIn(ports, ports.demoServiceId);
  return {
    registration: createRegistration(ports, completeWith),
    signIn: createSignIn(ports, secondFactor, asDemoUser),
    secondFactor,
    sessions: createSessions(ports),
    settings: createAccountSettings(ports),
    services: createAccountServices(ports),
    invitations: createInvitations(ports, completeWith),
    members: createMembers(ports),
    goLive: createGoLive(ports),
    replyToProofs: createReplyToProofs(ports),
    audit: createAudit(ports),
    operators: createOperators(ports, completeWith),
    managementTokens: createManagementTokens(ports),
    policy: ports.policy,
  };
}
