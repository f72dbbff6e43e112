/** Which step of signing in comes next. */
import type { SessionStage, User } from "./account.ts";

/** How the second factor can be given. */
export const SECOND_FACTORS = ["text", "totp", "recovery-code"] as const;
/** One of {@link SECOND_FACTORS}. */
export type SecondFactorWay = typeof SECOND_FACTORS[number];

/** The next step of a session. */
export type SignInStep =
  /** Enter a code: from a text message, or from the authenticator app. */
  | "text"
  | "totp"
  /** No way is set up: give a mobile number that a code proves, or set up an authenticator app. */
  | "enrol-number"
  | "enrol-totp"
  /** The session is complete. */
  | "done";

/** Whether codes can be sent by text: the deployment has an SMS provider. */
export interface SecondFactorMeans {
  readonly hasSms: boolean;
}

/** Returns the next step of a session. The app is preferred where it is set up. */
export function nextStep(
  stage: SessionStage,
  { hasTotp, mobileNumber }: Pick<User, "hasTotp" | "mobileNumber">,
  { hasSms }: SecondFactorMeans,
): SignInStep {
  if (stage === "complete") return "done";
  if (hasTotp) return "totp";
  if (!hasSms) return "enrol-totp";
  return mobileNumber === undefined ? "enrol-number" : "text";
}
