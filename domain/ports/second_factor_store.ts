import type { NewAuditEntry } from "../accounts/audit.ts";
import type { UsedUp, WindowCharge, WindowLimit } from "../accounts/limits.ts";
import type { NotificationRef, ServiceId, SessionId, UserId } from "../ids.ts";
import type { Status } from "../notification/status.ts";

/** A code by text. The number is in E.164 form with a plus sign. */
export interface NewTextCode {
  /** A UUID. */
  readonly id: string;
  readonly sessionId: SessionId;
  readonly userId: UserId;
  readonly number: string;
  readonly code: string;
}

/** Why a code by text was not stored; nothing was counted. Times are epoch milliseconds. */
export type TextCodeIssue =
  | { readonly kind: "issued" }
  | { readonly kind: "too-soon"; readonly againAt: number }
  | UsedUp & { readonly kind: "limited" };

/** The last code by text of a session. */
export interface StoredTextCode {
  readonly number: string;
  readonly sentAt: number;
  readonly expiresAt: number;
  readonly tries: number;
  readonly isUsed: boolean;
  /** The status of the message that carried it; `undefined` when it was not accepted. */
  readonly status: Status | undefined;
}

/** How a session goes on when a factor was given. */
export interface SessionPromotion {
  readonly sessionId: SessionId;
  readonly userId: UserId;
  /** The session's new token. */
  readonly token: string;
  /** The token of the browser that is to be remembered. */
  readonly rememberedBrowser: string | undefined;
}

/** The result of taking a code. */
export type TakenCode =
  | { readonly kind: "right"; readonly hasRecoveryCodes: boolean }
  | { readonly kind: "wrong"; readonly triesLeft: number }
  /** `not-allowed`: the session is over, or may not prove a new number because the account has a second factor. */
  | { readonly kind: "spent" | "expired" | "used" | "none" | "not-allowed" };

/** The result of a try that is counted by a limit of the person. */
export type CountedTry =
  | { readonly kind: "right"; readonly hasRecoveryCodes: boolean }
  | { readonly kind: "wrong" | "used" }
  | { readonly kind: "limited"; readonly until: number };

/** Stores second factors. Every verb is one batch; a code is counted and used in the statement that compares it. */
export interface SecondFactorStore {
  /** Stores a code, which replaces the session's last one, and counts it; or neither. */
  issueText(
    code: NewTextCode,
    charges: (numberHash: string) => readonly WindowCharge[],
    now: number,
  ): Promise<TextCodeIssue>;
  /** Keeps which message carried a code. */
  setMessage(codeId: string, ref: NotificationRef): Promise<void>;
  /** @param serviceId the service that sends the codes */
  readText(sessionId: SessionId, serviceId: ServiceId): Promise<StoredTextCode | undefined>;
  /**
   * Compares the session's last code. When it is right: keeps the number as the account's proved one, raises a session
   * of stage `first-factor` to `complete`, notes the re-authentication, and forgets remembered browsers when the number
   * changed. Of concurrent tries one at most succeeds.
   *
   * @param audit makes the entry; `isNew` is whether the code proves another number than the account has
   */
  takeText(
    promotion: SessionPromotion,
    code: string,
    audit: (isNew: boolean) => NewAuditEntry,
    now: number,
  ): Promise<TakenCode>;
  /** Counts a try of the authenticator app or of a recovery code; until {@link takeTotp} or {@link takeRecovery} takes it back. */
  countTry(
    userId: UserId,
    limit: WindowLimit,
    now: number,
  ): Promise<
    { readonly limitedUntil: number | undefined; readonly totpSecret: string | undefined }
  >;
  /** Uses a time step and raises the session; `used` when this or a later step was used before. */
  takeTotp(
    promotion: SessionPromotion,
    step: number,
    limit: WindowLimit,
    audit: NewAuditEntry,
    now: number,
  ): Promise<CountedTry>;
  /** Uses a recovery code and raises the session. */
  takeRecovery(
    promotion: SessionPromotion,
    code: string,
    limit: WindowLimit,
    audit: NewAuditEntry,
    now: number,
  ): Promise<CountedTry>;
  /** Keeps the secret of an app that is being set up, for this session. */
  startTotp(sessionId: SessionId, userId: UserId, secret: string, now: number): Promise<void>;
  /** Counts a try to finish the set-up, and reads the secret. */
  tryTotpSetup(
    sessionId: SessionId,
    now: number,
  ): Promise<{ readonly secret: string; readonly triesLeft: number } | "spent" | "none">;
  /** Keeps the secret as the account's, uses the step, forgets remembered browsers and raises the session. */
  addTotp(
    promotion: SessionPromotion,
    totp: { readonly secret: string; readonly step: number },
    audit: NewAuditEntry,
    now: number,
  ): Promise<TakenCode>;
  /** Removes the app's secret and forgets remembered browsers. */
  removeTotp(userId: UserId, audit: NewAuditEntry, now: number): Promise<void>;
  /**
   * Replaces the account's recovery codes by a set with an id of the caller's, a UUID.
   *
   * @returns `false` when a set with this id is stored already; nothing was written
   */
  replaceRecoveryCodes(
    userId: UserId,
    set: { readonly id: string; readonly codes: readonly string[] },
    audit: NewAuditEntry,
    now: number,
  ): Promise<boolean>;
}
