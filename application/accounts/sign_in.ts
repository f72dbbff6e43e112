/** Signs people in by their password. */
import { parseAccountEmail, parseNewPassword } from "../../domain/accounts/account_form.ts";
import { INSTALLATION } from "../../domain/accounts/audit.ts";
import { secondsUntil, SIGN_IN_LIMIT } from "../../domain/accounts/limits.ts";
import { isToken } from "../../domain/accounts/one_time_codes.ts";
import { isTooLong } from "../../domain/accounts/password_rules.ts";
import { nextStep } from "../../domain/accounts/sign_in.ts";
import type { UserId } from "../../domain/ids.ts";
import { ok, refuse } from "../../domain/result.ts";
import { openLink, sendLink } from "./links.ts";
import { networkOfRequest, newSession } from "./new_session.ts";
import type { AccountDependencies } from "./ports.ts";
import type { SecondFactor } from "./second_factor.ts";
import type {
  Busy,
  FieldRefusal,
  LinkRefusal,
  SignInRefusal,
  StartRefusal,
} from "../../domain/accounts/refusals.ts";
import type { Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import type { OpenedSession } from "./opened_session.ts";

/** Signs people in by their password, and replaces forgotten passwords. */
export interface SignIn {
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
  /** Sends a link to a new password; to an address without an account a message that says so. As `Registration.start`. */
  startReset(emailAddress: string, request: AccountRequest): Promise<Result<void, StartRefusal>>;
  /** Reads a link to a new password without using it. */
  openReset(token: string): Promise<Result<{ readonly emailAddress: string }, LinkRefusal>>;
  /** Sets the new password, ends all sessions and forgets all browsers. The second factor stays. */
  reset(
    token: string,
    password: string,
  ): Promise<Result<void, LinkRefusal | FieldRefusal | Busy>>;
}

/** Max length of an address that is compared, in UTF-16 units; no account has a longer one. */
const MAX_ADDRESS = 400;

/** Creates the use cases of signing in with a password. */
export function createSignIn(
  ports: AccountDependencies,
  secondFactor: Pick<SecondFactor, "sendText">,
  asDemoUser: SignIn["asDemoUser"],
): SignIn {
  const { accounts, clock, hasher, links, policy, signIns } = ports;

  async function readReset(token: string) {
    return openLink(await links.read("password-reset", token, clock.now()));
  }

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
    async startReset(typed, request) {
      const emailAddress = parseAccountEmail(typed);
      if (!emailAddress.ok) return refuse({ kind: "email-address", because: "not-valid" });
      if (!policy.hasEmail) return refuse({ kind: "no-email-provider" });
      await sendLink(
        ports,
        { purpose: "password-reset", emailAddress: emailAddress.value },
        (account, token) =>
          account === undefined || account.isBlocked
            ? { name: "no-account", path: "" }
            : { name: "password-reset-link", path: `sign-in/new-password/${token}` },
        request,
      );
      return ok(undefined);
    },
    async openReset(token) {
      const link = await readReset(token);
      return link.ok ? ok({ emailAddress: link.value.emailAddress }) : link;
    },
    async reset(token, password) {
      const link = isToken(token)
        ? await readReset(token)
        : refuse({ kind: "link", because: "unknown" } as const);
      if (!link.ok) return link;
      const { userId } = link.value;
      const checked = parseNewPassword(password, [link.value.emailAddress]);
      if (!checked.ok) return checked;
      const passwordHash = await hasher.hash(checked.value);
      if (!passwordHash.ok) return passwordHash;
      const entryOf = (id: UserId) => ({
        chain: INSTALLATION,
        actor: { kind: "user", id },
        action: "password-reset",
      } as const);
      const changed = userId === undefined
        ? undefined
        : await accounts.resetPassword(token, passwordHash.value, entryOf, clock.now());
      return changed === undefined ? refuse({ kind: "link", because: "used" }) : ok(undefined);
    },
  };
}
