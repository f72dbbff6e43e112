/** The sessions of people. */
import { INSTALLATION } from "../../domain/accounts/audit.ts";
import { secondsUntil, SIGN_IN_LIMIT } from "../../domain/accounts/limits.ts";
import { isToken, SEEN_EVERY_MS } from "../../domain/accounts/one_time_codes.ts";
import { isTooLong } from "../../domain/accounts/password_rules.ts";
import { ok, refuse } from "../../domain/result.ts";
import type { AccountDependencies } from "./ports.ts";
import type { Session, SessionEntry } from "../../domain/accounts/account.ts";
import type { SignInRefusal } from "../../domain/accounts/refusals.ts";
import type { ServiceId, SessionId } from "../../domain/ids.ts";
import type { Result } from "../../domain/result.ts";
import type { OpenedSession } from "./opened_session.ts";

/** The sessions of people. */
export interface Sessions {
  /**
   * Reads a session by its token, with the person, their memberships and the service, in one round trip. Notes that it
   * was seen, at most once in five minutes.
   *
   * @returns `undefined` when the token is unknown, the session expired or was idle for 8 hours, or the account is blocked
   */
  read(token: string, serviceId: ServiceId | undefined): Promise<Session | undefined>;
  signOut(session: Session): Promise<void>;
  list(session: Session): Promise<readonly SessionEntry[]>;
  /** Ends one of the person's sessions. @returns `false` when there is none */
  end(session: Session, id: SessionId): Promise<boolean>;
  endOthers(session: Session): Promise<void>;
  /** Verifies the password again: within 15 minutes the actions that need it are allowed. The token changes. */
  reauthenticate(
    session: Session,
    password: string,
  ): Promise<Result<OpenedSession, SignInRefusal>>;
}

/** Creates the use cases of sessions. */
export function createSessions(
  { clock, hasher, secrets, sessions, signIns }: AccountDependencies,
): Sessions {
  return {
    async read(token, serviceId) {
      if (!isToken(token)) return undefined;
      const now = clock.now();
      const found = await sessions.read(token, serviceId, now);
      if (found === undefined) return undefined;
      const { seenAt, ...session } = found;
      if (now - seenAt >= SEEN_EVERY_MS) await sessions.touch(session.id, now);
      return session;
    },
    async signOut({ id, user }) {
      await sessions.end(user.id, id, {
        chain: INSTALLATION,
        actor: { kind: "user", id: user.id },
        action: "signed-out",
      }, clock.now());
    },
    list: ({ user }) => sessions.list(user.id, clock.now()),
    end: ({ user }, id) =>
      sessions.end(user.id, id, {
        chain: INSTALLATION,
        actor: { kind: "user", id: user.id },
        action: "session-ended",
      }, clock.now()),
    endOthers: ({ id, user }) =>
      sessions.endOthers(user.id, id, {
        chain: INSTALLATION,
        actor: { kind: "user", id: user.id },
        action: "sessions-ended",
      }, clock.now()),
    async reauthenticate({ id, user, expiresAt, stage }, password) {
      if (stage !== "complete" || isTooLong(password)) return refuse({ kind: "wrong-credentials" });
      const busy = hasher.isBusy();
      if (busy !== undefined) return refuse(busy);
      const begun = await signIns.beginAgain(user.id, SIGN_IN_LIMIT, clock.now());
      if (begun.limitedUntil !== undefined) {
        const retryAfterS = secondsUntil(begun.limitedUntil, clock.now());
        return refuse({ kind: "too-many-failures", retryAfterS });
      }
      const isRight = await hasher.verify(password, begun.passwordHash);
      if (!isRight.ok) return isRight;
      if (!isRight.value) return refuse({ kind: "wrong-credentials" });
      const token = secrets.newToken();
      const isRenewed = await signIns.reauthenticate(user.id, SIGN_IN_LIMIT, { id, token }, {
        chain: INSTALLATION,
        actor: { kind: "user", id: user.id },
        action: "reauthenticated",
      }, clock.now());
      return isRenewed
        ? ok({ token, expiresAt, stage, next: "done" })
        : refuse({ kind: "wrong-credentials" });
    },
  };
}
