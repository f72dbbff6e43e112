/** All use cases of accounts, as pages and the management API call them. */
import type { AccountSettings } from "./account_settings.ts";
import type { Audit } from "./audit.ts";
import type { Invitations } from "./invitations.ts";
import type { Members } from "./members.ts";
import type { Operators } from "./operators.ts";
import type { AccountPolicy } from "./policy.ts";
import type { Registration } from "./registration.ts";
import type { SecondFactor } from "./second_factor.ts";
import type { AccountServices } from "./services.ts";
import type { Sessions } from "./sessions.ts";
import type { SignIn } from "./sign_in.ts";

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
  readonly audit: Audit;
  readonly operators: Operators;
  /** What the pages show of the deployment's settings. */
  readonly policy: AccountPolicy;
}
