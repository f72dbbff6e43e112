/** The counts of a service's messages: what is counted, and the limits of what can be asked. */
import { type Status, STATUS_TABLE } from "../notification/status.ts";
import type { Channel, KeyKind } from "../service/service.ts";
import type { TemplateId } from "../ids.ts";

/** The most days that one request may ask for. */
export const MAX_STATISTICS_DAYS = 400;
/** The most rows that one answer has. */
export const MAX_STATISTICS_ROWS = 10_000;
/** The most stored counts that are read for one answer. */
export const MAX_COUNTS_READ = 100_000;
/** For how many days, beside today, counts are kept by the hour. */
export const HOURLY_DAYS = 8;
/** For how many days counts are kept: two years can be compared. */
export const STATISTICS_KEPT_DAYS = 800;

/**
 * As what a message is counted. Each is counted as `requested`, for ever, and as one of the others while its status is
 * one of them; `failed` are the three failures.
 */
export const OUTCOMES = [
  "requested",
  "sent",
  "delivered",
  "failed",
  "cancelled",
  "expired",
] as const;
/** One of {@link OUTCOMES}. */
export type Outcome = typeof OUTCOMES[number];

/** The outcome of a message with this status; `requested` while it is under way. */
export function outcomeOf(status: Status): Outcome {
  const { completed, v2Group } = STATUS_TABLE[status];
  if (!completed) return "requested";
  const outcome = v2Group === "failed" ? "failed" : OUTCOMES.find((outcome) => outcome === status);
  if (outcome === undefined) throw new Error(`the status ${status} has no outcome`);
  return outcome;
}

/** The properties by which counts can be told apart. */
export const STATISTICS_KEYS = ["day", "hour", "channel", "template", "reason"] as const;
/** One of {@link STATISTICS_KEYS}. */
export type StatisticsKey = typeof STATISTICS_KEYS[number];

/** The counts of some messages. Which of the properties of {@link STATISTICS_KEYS} are set follows from the question. */
export interface StatisticsRow {
  /** The number of the UTC day on which the messages were accepted, since 1970-01-01. */
  readonly day?: number;
  /** The number of the hour in which they were accepted, since 1970-01-01T00Z. */
  readonly hour?: number;
  readonly channel?: Channel;
  readonly templateId?: TemplateId;
  /** Why they failed; `null` for the messages that did not. */
  readonly reason?: string | null;
  readonly counts: Readonly<Record<Outcome, number>>;
  /** How many of those that failed, failed for which reason. Empty where `reason` is set. */
  readonly reasons: ReadonlyMap<string, number>;
}

/** Which counts of a service are asked for. */
export interface StatisticsQuery {
  /** The first UTC day, by its number since 1970-01-01. */
  readonly from: number;
  /** The last day. */
  readonly to: number;
  readonly by: ReadonlySet<StatisticsKey>;
  /** Only of messages that were sent with keys of this kind. */
  readonly keyKind?: KeyKind;
}
