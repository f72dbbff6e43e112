import type { Session, SessionEntry } from "../accounts/account.ts";
import type { NewAuditEntry } from "../accounts/audit.ts";
import type { ServiceId, SessionId, UserId } from "../ids.ts";

/** Stores sessions. */
export interface SessionStore {
  /**
   * Reads a session by its token: with the person, their memberships and the service, in one round trip.
   *
   * @returns `undefined` when the token is unknown, the session is over, or the account is blocked
   */
  read(
    token: string,
    serviceId: ServiceId | undefined,
    now: number,
  ): Promise<(Session & { readonly seenAt: number }) | undefined>;
  /** Notes when a session was seen. */
  touch(id: SessionId, now: number): Promise<void>;
  /** The sessions of a person, newest first; also those that ended in the last 30 days. */
  list(userId: UserId, now: number): Promise<readonly SessionEntry[]>;
  /** Ends one session of a person. @returns `false` when there is none */
  end(userId: UserId, id: SessionId, audit: NewAuditEntry, now: number): Promise<boolean>;
  /** Ends the person's sessions but one. */
  endOthers(userId: UserId, keep: SessionId, audit: NewAuditEntry, now: number): Promise<void>;
}
