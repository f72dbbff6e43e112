/** Signs people in by their password. */
import type {
  Busy,
  FieldRefusal,
  LinkRefusal,
  SignInRefusal,
  StartRefusal,
} from "../../domain/accounts/refusals.ts";
import type { Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import type { OpenedSession } from "./opened_session.ts";

/** Signs people in by their password, and replaces forgotten passwords. */
export interface SignIn {
  /**
   * Verifies the password and creates a session. Where the next step is `text`, the code is sent. A remembered browser
   * gets a complete session.
   *
   * @param rememberedBrowser the value of that cookie
   */
  withPassword(
    form: { readonly emailAddress: string; readonly password: string },
    rememberedBrowser: string | undefined,
    request: AccountRequest,
  ): Promise<Result<OpenedSession, SignInRefusal>>;
  /** Signs in as the demo user; `undefined` where there is none: it exists in development only. */
  asDemoUser: ((request: AccountRequest) => Promise<OpenedSession>) | undefined;
  /** Sends a link to a new password; to an address without an account a message that says so. As `Registration.start`. */
  startReset(emailAddress: string, request: AccountRequest): Promise<Result<void, StartRefusal>>;
  /** Reads a link to a new password without using it. */
  openReset(token: string): Promise<Result<{ readonly emailAddress: string }, LinkRefusal>>;
  /** Sets the new password, ends all sessions and forgets all browsers. The second factor stays. */
  reset(
    token: string,
    password: string,
    request: AccountRequest,
  ): Promise<Result<void, LinkRefusal | FieldRefusal | Busy>>;
}
