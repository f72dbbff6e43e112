/** The accounts of people who sign in to the web application. Times are epoch milliseconds. */
import type { ServiceId, SessionId, UserId } from "../ids.ts";
import type { Service } from "../service/service.ts";
import { REAUTHENTICATION_MS } from "./one_time_codes.ts";
import type { Access, Membership } from "./roles.ts";

/** The languages of the web application and of its messages. */
export const ACCOUNT_LANGUAGES = ["en", "uk"] as const;
/** One of {@link ACCOUNT_LANGUAGES}. */
export type AccountLanguage = typeof ACCOUNT_LANGUAGES[number];

/** `blocked` accounts cannot sign in, and their sessions end. */
export const USER_STATES = ["active", "blocked"] as const;
/** One of {@link USER_STATES}. */
export type UserState = typeof USER_STATES[number];

/** A person with an account. */
export interface User {
  readonly id: UserId;
  readonly name: string;
  /** The proved e-mail address, as it was typed. */
  readonly emailAddress: string;
  /** The proved mobile number in E.164 form with a plus sign; `undefined` until one is proved. */
  readonly mobileNumber: string | undefined;
  /** Whether an authenticator app is set up. */
  readonly hasTotp: boolean;
  readonly state: UserState;
  readonly language: AccountLanguage;
  readonly isOperator: boolean;
  readonly createdAt: number;
}

/**
 * `first-factor` after the password, until the second factor was given: such a session reaches the pages of the second
 * factor and signing out only. `complete` afterwards.
 */
export const SESSION_STAGES = ["first-factor", "complete"] as const;
/** One of {@link SESSION_STAGES}. */
export type SessionStage = typeof SESSION_STAGES[number];

/** A session of a signed-in person, as one read of the store returns it. */
export interface Session {
  readonly id: SessionId;
  readonly stage: SessionStage;
  readonly user: User;
  readonly createdAt: number;
  /** When password and second factor were last given. */
  readonly reauthenticatedAt: number;
  readonly expiresAt: number;
  /** The person's memberships, at most {@link MAX_MEMBERSHIPS}, by the services' ids. */
  readonly memberships: readonly Membership[];
  /**
   * The service that the request names, when there is one and the person is a member of it or an operator; `undefined`
   * otherwise.
   */
  readonly service: Service | undefined;
}

/** Max services that a person can be a member of, so that the read of a session stays small. */
export const MAX_MEMBERSHIPS = 500;

/** A session in the list on the account page: one that lasts, or a recent sign-in. */
export interface SessionEntry {
  readonly id: SessionId;
  /** Whether the session lasts. */
  readonly isActive: boolean;
  readonly stage: SessionStage;
  readonly createdAt: number;
  readonly seenAt: number;
  readonly expiresAt: number;
  /** The `User-Agent` header at sign-in, shortened. */
  readonly browser: string;
  /** The IP address at sign-in; `undefined` when it was unknown. */
  readonly address: string | undefined;
}

/** What the person of a session may do in a service. */
export function accessTo(session: Session, serviceId: ServiceId): Access {
  return {
    isOperator: session.user.isOperator,
    roles: session.memberships.find((membership) => membership.serviceId === serviceId)?.roles,
  };
}

/** Whether the session is complete and password or factor were given lately, as keys, roles and credentials need it. */
export function isReauthenticated(
  { stage, reauthenticatedAt }: Pick<Session, "stage" | "reauthenticatedAt">,
  now: number,
): boolean {
  return stage === "complete" && now - reauthenticatedAt < REAUTHENTICATION_MS;
}
