/** Callbacks to services: what a service sets, and what is delivered to it. */
import type { ServiceEventType } from "../events/service_event.ts";
import type { ServiceId } from "../ids.ts";
import { STATUS_TABLE, STATUSES } from "../notification/status.ts";
import { DAY_MS } from "../time/durations.ts";

/**
 * What a callback announces to a service: the status of a notification (`delivery`), a text message that the service
 * received (`inbound`), or a recipient's complaint (`complaint`).
 */
export const CALLBACK_KINDS = ["delivery", "inbound", "complaint"] as const;
/** One of {@link CALLBACK_KINDS}. */
export type CallbackKind = typeof CALLBACK_KINDS[number];

/**
 * The fewest characters of the bearer token that Hark sends to an endpoint, as at GOV.UK Notify. A shorter one is
 * refused.
 */
export const MIN_BEARER_TOKEN = 10;
/** The most characters of a bearer token. A longer one is refused. */
export const MAX_BEARER_TOKEN = 1_000;
/** The characters of a bearer token: letters, digits and signs of ASCII, without blanks. */
export const BEARER_TOKEN = /^[\x21-\x7e]*$/;

/** Returns what is wrong with a bearer token, `undefined` for a good one. */
export function bearerTokenFaultOf(
  token: string,
): "too-short" | "too-long" | "not-valid" | undefined {
  if (token.length < MIN_BEARER_TOKEN) return "too-short";
  if (token.length > MAX_BEARER_TOKEN) return "too-long";
  return BEARER_TOKEN.test(token) ? undefined : "not-valid";
}

/** How long the old signing secret signs too after a rotation, in milliseconds. */
export const PREVIOUS_SECRET_MS = DAY_MS;
/** How long the log keeps a delivery that is done or failed, in milliseconds: as long as events are kept. */
export const CALLBACK_LOG_KEPT_MS = 7 * DAY_MS;
/** The most events that one replay (sending events of the log again) may have; a longer range is refused. */
export const MAX_REPLAY_EVENTS = 100_000;

/**
 * The most failed deliveries of received texts that one replay makes wait again; further ones stay failed, and need
 * another replay.
 */
export const MAX_REPLAY_TEXTS = 1_000;

/**
 * The statuses that callbacks announce, in the words of `/v2`: those that GOV.UK Notify announces, and `created`, which
 * is an event only when the operator puts a failed notification back to be sent.
 */
const ANNOUNCED: ReadonlySet<string> = new Set([
  "created",
  "delivered",
  "permanent-failure",
  "temporary-failure",
  "technical-failure",
]);

/** The types of the events that a kind of callback announces. `inbound` announces no events of notifications. */
export const ANNOUNCED_EVENTS: Readonly<Record<CallbackKind, readonly ServiceEventType[]>> = {
  delivery: STATUSES.filter((status) => ANNOUNCED.has(STATUS_TABLE[status].v2)),
  inbound: [],
  complaint: ["complaint"],
};

/** The callback of a service, of one kind. */
export interface CallbackRef {
  readonly serviceId: ServiceId;
  readonly kind: CallbackKind;
}

/** The URL and the secrets of a callback; encrypted at rest. */
export interface CallbackSecrets {
  readonly url: string;
  readonly bearerToken: string;
  /** `whsec_` and base64, as Standard Webhooks has it. */
  readonly signingSecret: string;
  /** The secret before the last rotation. It signs too until `previousUntil`. */
  readonly previousSecret?: string | undefined;
  /** Until when `previousSecret` signs too, in epoch milliseconds. */
  readonly previousUntil?: number | undefined;
}

/** The secrets that sign calls at a time: the present one, and the one before while it signs too. */
export function signingSecrets(
  { previousSecret, previousUntil = 0, signingSecret }: CallbackSecrets,
  now: number,
): readonly string[] {
  return previousSecret !== undefined && now < previousUntil
    ? [signingSecret, previousSecret]
    : [signingSecret];
}

/** Replaces the signing secret; the present one signs too for {@link PREVIOUS_SECRET_MS}. */
export function rotateSecret(
  secrets: CallbackSecrets,
  signingSecret: string,
  now: number,
): CallbackSecrets {
  return {
    ...secrets,
    signingSecret,
    previousSecret: secrets.signingSecret,
    previousUntil: now + PREVIOUS_SECRET_MS,
  };
}

/** A callback as the management API shows it. */
export interface Callback extends CallbackRef {
  readonly url: string;
  /** When the secret before a rotation stops signing; absent when only one signs. */
  readonly previousUntil: number | undefined;
  /** When the endpoint answered 410, so that nothing is sent until the callback is set again; `undefined` otherwise. */
  readonly disabledAt: number | undefined;
  /**
   * Until when nothing is sent, because the endpoint fails; `undefined` when it is not paused. After it one delivery is
   * tried.
   */
  readonly pausedUntil: number | undefined;
  /** How many tries failed since the last that succeeded. */
  readonly failures: number;
  /**
   * The number in the service's event log up to which events were read for this callback; for `inbound` the number of
   * the newest delivery.
   */
  readonly position: number;
  /** How many deliveries wait for another try. */
  readonly waiting: number;
  /** The numbers of the events that a replay has yet to send; `undefined` when none is under way. */
  readonly replay: { readonly next: number; readonly to: number } | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What became of a delivery so far. */
export const DELIVERY_STATES = ["waiting", "done", "failed", "cancelled"] as const;
/** One of {@link DELIVERY_STATES}. */
export type DeliveryState = typeof DELIVERY_STATES[number];

/** A delivery in the log of a callback. */
export interface LoggedDelivery {
  /** The number of its event; of an `inbound` delivery its own. */
  readonly number: number;
  /** The id of the notification, or of the text message that was received. */
  readonly subjectId: string;
  readonly state: DeliveryState;
  readonly tries: number;
  /** The HTTP status of the last answer; `undefined` without an answer. */
  readonly httpStatus: number | undefined;
  /** Why the last try failed, as an error code; `undefined` after a success. */
  readonly error: string | undefined;
  readonly createdAt: number;
  /** When it was tried last. */
  readonly triedAt: number | undefined;
  /** When it is tried next; `undefined` when it is not. */
  readonly dueAt: number | undefined;
}
