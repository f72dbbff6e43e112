/** Registers accounts. */
import type {
  Busy,
  FieldRefusal,
  LinkRefusal,
  StartRefusal,
} from "../../domain/accounts/refusals.ts";
import type { Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import type { OpenedSession } from "./opened_session.ts";

/** Registers accounts: the mailbox is proved first. */
export interface Registration {
  /**
   * Sends a link to the address; to an address with an account a message that says so. The result and the work are the
   * same for both. Beyond the limits of the address or the network nothing is sent, and the result is the same too.
   */
  start(emailAddress: string, request: AccountRequest): Promise<Result<void, StartRefusal>>;
  /** Reads a link without using it. */
  open(token: string): Promise<Result<{ readonly emailAddress: string }, LinkRefusal>>;
  /**
   * Uses the link, creates the account and a session of stage `first-factor`, and sends the code that proves the
   * number. Without an SMS provider `mobileNumber` may be empty.
   */
  complete(
    token: string,
    form: { readonly name: string; readonly password: string; readonly mobileNumber: string },
    request: AccountRequest,
  ): Promise<Result<OpenedSession, LinkRefusal | FieldRefusal | Busy>>;
}
