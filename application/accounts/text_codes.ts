/** Codes by text: the second factor, and the proof of a mobile number. */
import { isReauthenticated, type Session } from "../../domain/accounts/account.ts";
import {
  secondsUntil,
  TEXT_LIMITS,
  type UsedUp,
  windowCharges,
} from "../../domain/accounts/limits.ts";
import { parseMobileNumber } from "../../domain/accounts/mobile_number.ts";
import { CODE_VALID_MS, parseCode } from "../../domain/accounts/one_time_codes.ts";
import { OWN_SERVICE_ID } from "../../domain/accounts/own_messages.ts";
import type {
  CodeRefusal,
  FieldRefusal,
  SessionRefusal,
  TextRefusal,
} from "../../domain/accounts/refusals.ts";
import type { TakenCode } from "../../domain/ports/second_factor_store.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import type { CompletedSession } from "./opened_session.ts";
import type { AccountDependencies } from "./ports.ts";
import { completed, factorGiven, mayEnrol, promotionOf } from "./promotion.ts";

/** The name of the counter of all codes by text. */
const DEPLOYMENT_TEXTS = "texts";
const [DEPLOYMENT_LIMIT] = TEXT_LIMITS.deployment;
const DEPLOYMENT_SCOPES: ReadonlySet<string> = new Set(
  windowCharges(DEPLOYMENT_TEXTS, TEXT_LIMITS.deployment, 0).map(({ scope }) => scope),
);
const DEPLOYMENT_WARNING =
  `${DEPLOYMENT_LIMIT.most} codes were sent by text within an hour, the limit of the deployment: ` +
  "people who sign in get none until the hour is over";

/** The part of the second factor that is sent by text. */
export interface TextCodes {
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
  ): Promise<Result<CompletedSession, CodeRefusal>>;
}

/** Creates the part of the second factor that is sent by text. */
export function createTextCodes(ports: AccountDependencies): TextCodes {
  const { clock, log, policy, secondFactors, secrets, sendMessage } = ports;
  let warnedUntil = 0;

  /** Tells the operator once in a window that the deployment's limit is used up. */
  function warn({ scopes, until }: UsedUp, now: number): void {
    if (now < warnedUntil || !scopes.some((scope) => DEPLOYMENT_SCOPES.has(scope))) return;
    warnedUntil = until;
    log({ event: "warning", warning: DEPLOYMENT_WARNING });
  }

  /** Stores a code and sends it, if the limits allow it. */
  async function sendCode(
    { id: sessionId, user }: Session,
    number: string,
    { language, waitUntil }: AccountRequest,
  ): Promise<Result<void, TextRefusal>> {
    if (!policy.hasSms) return refuse({ kind: "no-sms-provider" });
    // The countries may be others than when the number was proved.
    if (!parseMobileNumber(number, policy.signInCountries).ok) return refuse({ kind: "no-number" });
    const now = clock.now();
    const [id, code] = [clock.newId(), secrets.newCode()];
    const issued = await secondFactors.issueText(
      { id, sessionId, userId: user.id, number, code },
      (hash) => [
        ...windowCharges(`text-of:${user.id}`, TEXT_LIMITS.user, now),
        ...windowCharges(`text-to:${hash}`, TEXT_LIMITS.number, now),
        ...windowCharges(DEPLOYMENT_TEXTS, TEXT_LIMITS.deployment, now),
      ],
      now,
    );
    if (issued.kind === "too-soon") {
      return refuse({ kind: "too-soon", retryAfterS: secondsUntil(issued.againAt, now) });
    }
    if (issued.kind === "limited") {
      warn(issued, now);
      return refuse({ kind: "too-many-codes", retryAfterS: secondsUntil(issued.until, now) });
    }
    const ref = await sendMessage({
      name: "sign-in-code",
      to: number,
      language,
      values: { code },
      validUntil: now + CODE_VALID_MS.text,
    }, waitUntil);
    if (ref === undefined) return refuse({ kind: "not-sent" });
    await secondFactors.setMessage(id, ref);
    return ok(undefined);
  }

  return {
    async sendText(session, request) {
      const last = await secondFactors.readText(session.id, OWN_SERVICE_ID);
      const isProving = last !== undefined && !last.isUsed && (session.stage === "complete" ||
        session.user.mobileNumber === undefined);
      const number = isProving ? last.number : session.user.mobileNumber;
      if (number === undefined) return refuse({ kind: "no-number" });
      return await sendCode(session, number, request);
    },
    async proveNumber(session, typed, request) {
      if (!mayEnrol(session)) {
        if (session.stage !== "complete") return refuse({ kind: "not-allowed" });
        if (!isReauthenticated(session, clock.now())) {
          return refuse({ kind: "reauthentication-needed" });
        }
      }
      const number = parseMobileNumber(typed, policy.signInCountries);
      if (!number.ok) return number;
      return await sendCode(session, number.value, request);
    },
    async confirmText(session, typed, remember) {
      const code = parseCode(typed);
      if (code === undefined) return refuse({ kind: "not-a-code" });
      const promotion = promotionOf(ports, session, remember);
      const taken = await secondFactors.takeText(
        promotion,
        code,
        (isNew) =>
          isNew && session.stage === "complete"
            ? { ...factorGiven(session, "text"), action: "mobile-number-changed" }
            : factorGiven(session, "text"),
        clock.now(),
      );
      return taken.kind === "right"
        ? ok(completed(session, promotion, clock.now(), taken.hasRecoveryCodes))
        : refuse(toCodeRefusal(taken));
    },
  };
}

function toCodeRefusal(taken: Exclude<TakenCode, { kind: "right" }>): CodeRefusal {
  switch (taken.kind) {
    case "wrong":
      return { kind: "wrong-code", triesLeft: taken.triesLeft };
    case "spent":
      return { kind: "code-spent" };
    case "expired":
      return { kind: "code-expired" };
    case "used":
      return { kind: "code-used" };
    case "none":
      return { kind: "no-code" };
    case "not-allowed":
      return { kind: "not-allowed" };
  }
}
