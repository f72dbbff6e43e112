/** The sessions of people. */
import type { Session, SessionEntry } from "../../domain/accounts/account.ts";
import type { SignInRefusal } from "../../domain/accounts/refusals.ts";
import type { ServiceId, SessionId } from "../../domain/ids.ts";
import type { Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import type { OpenedSession } from "./opened_session.ts";

/** The sessions of people. */
export interface Sessions {
  /**
   * Reads a session by its token, with the person, their memberships and the service, in one round trip. Notes that it
   * was seen, at most once in five minutes.
   *
   * @returns `undefined` when the token is unknown, the session expired or was idle for 8 hours, or the account is blocked
   */
  read(token: string, serviceId: ServiceId | undefined): Promise<Session | undefined>;
  signOut(session: Session): Promise<void>;
  list(session: Session): Promise<readonly SessionEntry[]>;
  /** Ends one of the person's sessions. @returns `false` when there is none */
  end(session: Session, id: SessionId): Promise<boolean>;
  endOthers(session: Session): Promise<void>;
  /** Verifies the password again: within 15 minutes the actions that need it are allowed. The token changes. */
  reauthenticate(
    session: Session,
    password: string,
    request: AccountRequest,
  ): Promise<Result<OpenedSession, SignInRefusal>>;
}
