/** What people change on their account page. */
import type { AccountLanguage, Session } from "../../domain/accounts/account.ts";
import type {
  Busy,
  FieldRefusal,
  LinkRefusal,
  SessionRefusal,
  StartRefusal,
  TeamRefusal,
} from "../../domain/accounts/refusals.ts";
import type { Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";

/** The account page. Changes but those of name and language need re-authentication. */
export interface AccountSettings {
  setName(session: Session, name: string): Promise<Result<void, FieldRefusal>>;
  setLanguage(session: Session, language: AccountLanguage): Promise<void>;
  setPassword(
    session: Session,
    password: string,
    request: AccountRequest,
  ): Promise<Result<void, FieldRefusal | SessionRefusal | Busy>>;
  /** Sends a link to the new address, which proves it. */
  startEmailChange(
    session: Session,
    emailAddress: string,
    request: AccountRequest,
  ): Promise<Result<void, StartRefusal | SessionRefusal>>;
  /** Reads the link to a new address without using it. */
  openEmailChange(token: string): Promise<Result<{ readonly emailAddress: string }, LinkRefusal>>;
  /** Uses the link: keeps the new address and tells the old one. */
  completeEmailChange(token: string, request: AccountRequest): Promise<Result<void, LinkRefusal>>;
  /** Deletes the account; refused while it is a service's last member with `manage`. */
  deactivate(session: Session): Promise<Result<void, SessionRefusal | TeamRefusal>>;
}
