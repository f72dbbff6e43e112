/** Signs people in by their password. */
import { parseAccountEmail } from "../../domain/accounts/account_form.ts";
import { INSTALLATION } from "../../domain/accounts/audit.ts";
import { secondsUntil, SIGN_IN_LIMIT } from "../../domain/accounts/limits.ts";
import { isTooLong } from "../../domain/accounts/password_rules.ts";
import { nextStep } from "../../domain/accounts/sign_in.ts";
import { ok, refuse } from "../../domain/result.ts";
import { networkOfRequest, newSession } from "./new_session.ts";
import type { AccountDependencies } from "./ports.ts";
import type { SecondFactor } from "./second_factor.ts";
import type { SignInRefusal } from "../../domain/accounts/refusals.ts";
import type { Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import type { OpenedSession } from "./opened_session.ts";
import { createPasswordReset, type PasswordReset } from "./password_reset.ts";

/** Signs people in by their password, and replaces forgotten passwords. */
export interface SignIn extends PasswordReset {
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
}

/** Max length of an address that is compared, in UTF-16 units; no account has a longer one. */
const MAX_ADDRESS = 400;

/** Creates the use cases of signing in with a password. */
export function createSignIn(
  ports: AccountDependencies,
  secondFactor: Pick<SecondFactor, "sendText">,
  asDemoUser: SignIn["asDemoUser"],
): SignIn {
  const { clock, hasher, policy, signIns } = ports;

  return {
    async withPassword({ emailAddress, password }, rememberedBrowser, request) {
      if (isTooLong(password)) return refuse({ kind: "wrong-credentials" });
      // A try that is not compared must not count as a failure.
      const busy = hasher.isBusy();
      if (busy !== undefined) return refuse(busy);
      const parsed = parseAccountEmail(emailAddress);
      const attempt = {
        // A text that is no address goes the same way: no account has it.
        emailAddress: parsed.ok
          ? parsed.value.normalised
          : emailAddress.slice(0, MAX_ADDRESS).toLowerCase(),
        network: networkOfRequest(request),
        rememberedBrowser,
      };
      const begun = await signIns.begin(attempt, SIGN_IN_LIMIT, clock.now());
      if (begun.limitedUntil !== undefined) {
        const retryAfterS = secondsUntil(begun.limitedUntil, clock.now());
        return refuse({ kind: "too-many-failures", retryAfterS });
      }
      const { account } = begun;
      const isRight = await hasher.verify(password, account?.passwordHash);
      if (!isRight.ok) return isRight;
      if (!isRight.value || account === undefined) return refuse({ kind: "wrong-credentials" });
      const { passwordHash, isRemembered } = account;
      const user = await account.readUser();
      const now = clock.now();
      const session = newSession(ports, request, now);
      // A browser is remembered after a second factor, and forgotten with each change of one.
      const stage = isRemembered ? "complete" : "first-factor";
      const isOpen = await signIns.open(
        attempt,
        SIGN_IN_LIMIT,
        { ...session, isComplete: isRemembered },
        { userId: user.id, passwordHash },
        {
          chain: INSTALLATION,
          actor: { kind: "user", id: user.id },
          action: "signed-in",
          facts: { remembered: isRemembered },
        },
        now,
      );
      if (!isOpen) return refuse({ kind: "wrong-credentials" });
      const next = nextStep(stage, user, policy);
      if (next === "text") {
        await secondFactor.sendText({
          ...session,
          stage,
          user,
          createdAt: now,
          reauthenticatedAt: now,
          memberships: [],
          service: undefined,
        }, request);
      }
      return ok({ token: session.token, expiresAt: session.expiresAt, stage, next });
    },
    asDemoUser,
    ...createPasswordReset(ports),
  };
}
