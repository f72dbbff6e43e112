/** The second factor. */
import type { Session } from "../../domain/accounts/account.ts";
import type {
  CodeRefusal,
  FieldRefusal,
  SessionRefusal,
  TextRefusal,
} from "../../domain/accounts/refusals.ts";
import type { SecondFactorWay, SignInStep } from "../../domain/accounts/sign_in.ts";
import type { Status } from "../../domain/notification/status.ts";
import type { Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import type { CompletedSession } from "./opened_session.ts";

/** What became of the last code by text. */
export interface SentCode {
  readonly sentAt: number;
  readonly expiresAt: number;
  /** From when a new code can be requested. */
  readonly againAt: number;
  readonly triesLeft: number;
  /** The last digits of the number that it was sent to. */
  readonly numberEnding: string;
  /** The status of the message; `undefined` when it was not accepted. */
  readonly status: Status | undefined;
}

/** How the person of a session can give the second factor. */
export interface SecondFactorState {
  readonly step: SignInStep;
  readonly ways: readonly SecondFactorWay[];
  readonly sentCode: SentCode | undefined;
  /** Whether the SMS channel cannot send at present: offer the other ways. */
  readonly isTextFailing: boolean;
}

/** What an authenticator app needs. */
export interface TotpSetup {
  /** Base32, for typing. */
  readonly secret: string;
  /** `otpauth://totp/…`, for the QR code. */
  readonly uri: string;
}

/** The second factor of a session of stage `first-factor`, and its enrolment. */
export interface SecondFactor {
  state(session: Session): Promise<SecondFactorState>;
  /** Sends a new code to the person's number, or to the one that is being proved. */
  sendText(session: Session, request: AccountRequest): Promise<Result<void, TextRefusal>>;
  /** Sends a code that proves a number: for a first number of a person, or a new one on the account page. */
  proveNumber(
    session: Session,
    mobileNumber: string,
    request: AccountRequest,
  ): Promise<Result<void, FieldRefusal | TextRefusal | SessionRefusal>>;
  /** Takes the code of a text and completes the session. A number that it proves is kept. */
  confirmText(
    session: Session,
    code: string,
    remember: boolean,
    request: AccountRequest,
  ): Promise<Result<CompletedSession, CodeRefusal>>;
  confirmTotp(
    session: Session,
    code: string,
    remember: boolean,
    request: AccountRequest,
  ): Promise<Result<CompletedSession, CodeRefusal>>;
  confirmRecoveryCode(
    session: Session,
    code: string,
    remember: boolean,
    request: AccountRequest,
  ): Promise<Result<CompletedSession, CodeRefusal>>;
  /** Begins to set up an authenticator app; the secret is not used before `addTotp`. */
  startTotp(session: Session): Promise<Result<TotpSetup, SessionRefusal>>;
  /** Adds the app after its first code. It completes a session of stage `first-factor`. */
  addTotp(
    session: Session,
    code: string,
    request: AccountRequest,
  ): Promise<Result<CompletedSession, CodeRefusal | SessionRefusal>>;
  /** Removes the app; refused when the person has no proved number or the deployment sends no texts. */
  removeTotp(session: Session): Promise<Result<void, SessionRefusal>>;
  /** Replaces the recovery codes: ten, shown once. */
  createRecoveryCodes(session: Session): Promise<Result<readonly string[], SessionRefusal>>;
}
