/** The second factor. */
import { isReauthenticated, type Session } from "../../domain/accounts/account.ts";
import { INSTALLATION } from "../../domain/accounts/audit.ts";
import { SECOND_FACTOR_LIMIT, secondsUntil } from "../../domain/accounts/limits.ts";
import { endingOf } from "../../domain/accounts/mobile_number.ts";
import {
  MAX_TEXT_TRIES,
  parseCode,
  parseRecoveryCode,
  presentRecoveryCode,
  RECOVERY_CODES,
  TEXT_AGAIN_MS,
} from "../../domain/accounts/one_time_codes.ts";
import { OWN_SERVICE_ID } from "../../domain/accounts/own_messages.ts";
import type { CodeRefusal, SessionRefusal } from "../../domain/accounts/refusals.ts";
import { nextStep, type SecondFactorWay, type SignInStep } from "../../domain/accounts/sign_in.ts";
import type { Status } from "../../domain/notification/status.ts";
import type { StoredTextCode } from "../../domain/ports/second_factor_store.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { CompletedSession } from "./opened_session.ts";
import type { AccountDependencies } from "./ports.ts";
import { completed, factorGiven, promotionOf } from "./promotion.ts";
import { createTextCodes, type TextCodes } from "./text_codes.ts";
import { createTotpSetups, type TotpSetups } from "./totp_setup.ts";

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

/** The second factor of a session of stage `first-factor`, and its enrolment. */
export interface SecondFactor extends TextCodes, TotpSetups {
  state(session: Session): Promise<SecondFactorState>;
  confirmTotp(
    session: Session,
    code: string,
    remember: boolean,
  ): Promise<Result<CompletedSession, CodeRefusal>>;
  confirmRecoveryCode(
    session: Session,
    code: string,
    remember: boolean,
  ): Promise<Result<CompletedSession, CodeRefusal>>;
  /**
   * Replaces the recovery codes: ten, shown once.
   *
   * @param setId a UUID of the caller's: with the one of the codes that the person has, nothing is replaced
   */
  createRecoveryCodes(
    session: Session,
    setId: string,
  ): Promise<Result<readonly string[], SessionRefusal | { readonly kind: "already-created" }>>;
}

/** Creates the use cases of the second factor. */
export function createSecondFactor(ports: AccountDependencies): SecondFactor {
  const { clock, policy, secondFactors, secrets, totp } = ports;

  /** Counts a try of the app or of a recovery code, and gives the app's secret. */
  async function countTry({ user }: Session) {
    const now = clock.now();
    const { limitedUntil, totpSecret } = await secondFactors.countTry(
      user.id,
      SECOND_FACTOR_LIMIT,
      now,
    );
    return limitedUntil === undefined ? ok(totpSecret) : refuse(
      {
        kind: "too-many-failures",
        retryAfterS: secondsUntil(limitedUntil, now),
      } as const,
    );
  }

  return {
    async state(session) {
      const last = await secondFactors.readText(session.id, OWN_SERVICE_ID);
      const now = clock.now();
      const step = nextStep(session.stage, session.user, policy);
      const isProving = step === "enrol-number" && last !== undefined && !last.isUsed &&
        last.expiresAt > now;
      const ways = [
        ...policy.hasSms && session.user.mobileNumber !== undefined ? ["text"] as const : [],
        ...session.user.hasTotp ? ["totp"] as const : [],
        "recovery-code",
      ] as const;
      return {
        step: isProving ? "text" : step,
        ways,
        sentCode: last && presentCode(last),
        isTextFailing: ports.isTextHeld(),
      };
    },
    ...createTextCodes(ports),
    ...createTotpSetups(ports),
    async confirmTotp(session, typed, remember) {
      const code = parseCode(typed);
      if (code === undefined) return refuse({ kind: "not-a-code" });
      if (!session.user.hasTotp) return refuse({ kind: "no-code" });
      const secret = await countTry(session);
      if (!secret.ok) return secret;
      if (secret.value === undefined) return refuse({ kind: "no-code" });
      const step = await totp.findStep(secret.value, code, clock.now());
      if (step === undefined) return refuse({ kind: "wrong-code" });
      const promotion = promotionOf(ports, session, remember);
      const entry = factorGiven(session, "totp");
      const taken = await secondFactors.takeTotp(
        promotion,
        step,
        SECOND_FACTOR_LIMIT,
        entry,
        clock.now(),
      );
      return taken.kind === "right"
        ? ok(completed(session, promotion, clock.now(), taken.hasRecoveryCodes))
        : refuse({ kind: "code-used" });
    },
    async confirmRecoveryCode(session, typed, remember) {
      const code = parseRecoveryCode(typed);
      if (code === undefined) return refuse({ kind: "not-a-code" });
      const counted = await countTry(session);
      if (!counted.ok) return counted;
      const promotion = promotionOf(ports, session, remember);
      const entry = factorGiven(session, "recovery-code");
      const taken = await secondFactors.takeRecovery(
        promotion,
        code,
        SECOND_FACTOR_LIMIT,
        entry,
        clock.now(),
      );
      if (taken.kind === "right") {
        return ok(completed(session, promotion, clock.now(), taken.hasRecoveryCodes));
      }
      return refuse({ kind: taken.kind === "used" ? "code-used" : "wrong-code" });
    },
    async createRecoveryCodes(session, setId) {
      const { user } = session;
      if (!isReauthenticated(session, clock.now())) {
        return refuse({ kind: "reauthentication-needed" });
      }
      const codes = Array.from({ length: RECOVERY_CODES }, () => secrets.newRecoveryCode());
      const isReplaced = await secondFactors.replaceRecoveryCodes(user.id, { id: setId, codes }, {
        chain: INSTALLATION,
        actor: { kind: "user", id: user.id },
        action: "recovery-codes-created",
      }, clock.now());
      return isReplaced ? ok(codes.map(presentRecoveryCode)) : refuse({ kind: "already-created" });
    },
  };
}

function presentCode({ number, sentAt, expiresAt, tries, status }: StoredTextCode): SentCode {
  return {
    sentAt,
    expiresAt,
    againAt: sentAt + TEXT_AGAIN_MS,
    triesLeft: Math.max(0, MAX_TEXT_TRIES - tries),
    numberEnding: endingOf(number),
    status,
  };
}
