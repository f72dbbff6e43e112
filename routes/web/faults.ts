/** Refusals of the use cases of accounts as faults of a form, in the reader's language. */
import type {
  Busy,
  CodeRefusal,
  FieldRefusal,
  SignInRefusal,
  StartRefusal,
  TextRefusal,
} from "../../domain/accounts/refusals.ts";
import type { FormFault } from "./components/error_summary.tsx";
import type { WebContext } from "./context.ts";
import type { Texts } from "./texts/texts.ts";

/** A refusal that a page shows in its form. */
export type FormRefusal =
  | Busy
  | CodeRefusal
  | FieldRefusal
  | SignInRefusal
  | StartRefusal
  | TextRefusal;

/** Returns the fault of a form for a refusal, with the name of the field that it is about. */
export function faultOf(refusal: FormRefusal, texts: Texts): FormFault {
  const { faults, waits } = texts;
  switch (refusal.kind) {
    case "busy":
      return { message: faults.busy };
    case "name":
    case "email-address":
    case "password":
    case "mobile-number":
      return fieldFaultOf(refusal, texts);
    case "domain-not-allowed":
      return { field: "email_address", message: faults.domain };
    case "no-email-provider":
      return { message: texts.register.noEmail };
    case "wrong-credentials":
      return { field: "email_address", message: faults.wrongCredentials };
    case "too-many-failures":
      return { message: faults.tooManyFailures(waits.minutes(minutesOf(refusal.retryAfterS))) };
    case "wrong-code":
      return {
        field: "code",
        message: refusal.triesLeft === undefined
          ? faults.wrongCodeOnly
          : faults.wrongCode(waits.tries(refusal.triesLeft)),
      };
    case "not-a-code":
      return { field: "code", message: faults.notACode };
    case "not-allowed":
      return { message: faults.notAllowed };
    case "code-spent":
      return { field: "code", message: faults.codeSpent };
    case "code-expired":
      return { field: "code", message: faults.codeExpired };
    case "code-used":
      return { field: "code", message: faults.codeUsed };
    case "no-code":
      return { field: "code", message: faults.noCode };
    case "too-soon":
      return { message: faults.tooSoon(waits.seconds(refusal.retryAfterS)) };
    case "too-many-codes":
      return { message: faults.tooManyCodes(waits.minutes(minutesOf(refusal.retryAfterS))) };
    case "no-number":
    case "no-sms-provider":
    case "not-sent":
      return { message: faults.notSent };
  }
}

function fieldFaultOf(refusal: FieldRefusal, { faults }: Texts): FormFault {
  switch (refusal.kind) {
    case "name":
      return {
        field: "name",
        message: {
          missing: faults.nameMissing,
          "too-long": faults.nameTooLong,
          invisible: faults.nameInvisible,
        }[refusal.because],
      };
    case "email-address":
      return { field: "email_address", message: faults.emailNotValid };
    case "password":
      return {
        field: "password",
        message: {
          "too-short": faults.passwordTooShort,
          "too-long": faults.passwordTooLong,
          "too-simple": faults.passwordTooSimple,
          "own-name": faults.passwordPersonal,
          "too-common": faults.passwordTooCommon,
        }[refusal.because],
      };
    case "mobile-number":
      return {
        field: "mobile_number",
        message: {
          "not-valid": faults.mobileNotValid,
          "not-mobile": faults.mobileNotMobile,
          "country-not-allowed": faults.mobileCountry,
        }[refusal.because],
      };
  }
}

/** Whole minutes, at least one. */
function minutesOf(seconds: number): number {
  return Math.max(1, Math.ceil(seconds / 60));
}

/**
 * Returns the status of a page that shows a refusal: 503 and 429, with `Retry-After`, when the same form works later; 422
 * otherwise.
 */
export function statusOfRefusal(c: WebContext, refusal: FormRefusal): 422 | 429 | 503 {
  if (refusal.kind !== "busy" && refusal.kind !== "too-many-failures") return 422;
  c.header("Retry-After", String(refusal.retryAfterS));
  return refusal.kind === "busy" ? 503 : 429;
}
