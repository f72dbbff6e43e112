/** Sets up authenticator apps. */
import { isReauthenticated, type Session } from "../../domain/accounts/account.ts";
import { INSTALLATION } from "../../domain/accounts/audit.ts";
import { parseCode } from "../../domain/accounts/one_time_codes.ts";
import type { CodeRefusal, SessionRefusal } from "../../domain/accounts/refusals.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { CompletedSession } from "./opened_session.ts";
import type { AccountDependencies } from "./ports.ts";
import { completed, mayEnrol, promotionOf } from "./promotion.ts";

/** What an authenticator app needs. */
export interface TotpSetup {
  /** Base32, for typing. */
  readonly secret: string;
  /** `otpauth://totp/…`, for the QR code. */
  readonly uri: string;
}

/** The part of the second factor that sets up authenticator apps. */
export interface TotpSetups {
  /** Begins to set up an authenticator app; the secret is not used before `addTotp`. */
  startTotp(session: Session): Promise<Result<TotpSetup, SessionRefusal>>;
  /** Adds the app after its first code. It completes a session of stage `first-factor`. */
  addTotp(
    session: Session,
    code: string,
  ): Promise<Result<CompletedSession, CodeRefusal | SessionRefusal>>;
  /** Removes the app; refused when the person has no proved number or the deployment sends no texts. */
  removeTotp(session: Session): Promise<Result<void, SessionRefusal>>;
}

/** Creates the part of the second factor that sets up authenticator apps. */
export function createTotpSetups(ports: AccountDependencies): TotpSetups {
  const { clock, policy, secondFactors, totp } = ports;
  return {
    async startTotp(session) {
      if (!mayEnrol(session)) {
        if (session.stage !== "complete") return refuse({ kind: "not-allowed" });
        if (!isReauthenticated(session, clock.now())) {
          return refuse({ kind: "reauthentication-needed" });
        }
      }
      const secret = await totp.newSecret();
      await secondFactors.startTotp(session.id, session.user.id, secret, clock.now());
      return ok({ secret, uri: await totp.uriOf(secret, session.user.emailAddress) });
    },
    async addTotp(session, typed) {
      const code = parseCode(typed);
      if (code === undefined) return refuse({ kind: "not-a-code" });
      const setup = await secondFactors.tryTotpSetup(session.id, clock.now());
      if (setup === "none") return refuse({ kind: "no-code" });
      if (setup === "spent") return refuse({ kind: "code-spent" });
      const step = await totp.findStep(setup.secret, code, clock.now());
      if (step === undefined) return refuse({ kind: "wrong-code", triesLeft: setup.triesLeft });
      const promotion = promotionOf(ports, session, false);
      const taken = await secondFactors.addTotp(
        promotion,
        { secret: setup.secret, step },
        {
          chain: INSTALLATION,
          actor: { kind: "user", id: session.user.id },
          action: "totp-added",
        },
        clock.now(),
      );
      return taken.kind === "right"
        ? ok(completed(session, promotion, clock.now(), taken.hasRecoveryCodes))
        : refuse({ kind: "code-used" });
    },
    async removeTotp(session) {
      const { user } = session;
      if (!isReauthenticated(session, clock.now())) {
        return refuse({ kind: "reauthentication-needed" });
      }
      // Without it the account would have no second factor.
      if (!policy.hasSms || user.mobileNumber === undefined) return refuse({ kind: "not-allowed" });
      await secondFactors.removeTotp(user.id, {
        chain: INSTALLATION,
        actor: { kind: "user", id: user.id },
        action: "totp-removed",
      }, clock.now());
      return ok(undefined);
    },
  };
}
