/** The counts of a service's messages: what is counted, and the limits of what can be asked. */
import { type Status, STATUS_TABLE } from "../notification/status.ts";
import type { Channel, KeyKind } from "../service/service.ts";
import type { TemplateId } from "../ids.ts";

/** The most days that one request may ask for; a longer range is refused. */
export const MAX_STATISTICS_DAYS = 400;
/** The most rows that one answer has; a request that needs more is refused. */
export const MAX_STATISTICS_ROWS = 10_000;
/** The most stored counts that are read for one answer; a request that needs more is refused. */
export const MAX_COUNTS_READ = 100_000;
/** For how many days, beside today, counts are kept by the hour. Older ones are added up by the day. */
export const HOURLY_DAYS = 8;
/**
 * For how many days counts are kept (more than two years, so that years can be compared). Retention deletes older ones.
 */
export const STATISTICS_KEPT_DAYS = 800;

/**
 * The outcomes that a message is counted as. Every message is counted as `requested`, for ever, and as at most one of
 * the others, while it has that status; `failed` stands for the three failure statuses.
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

/** The outcome that a message with this status is counted as; `requested` while it is not completed. */
export function outcomeOf(status: Status): Outcome {
  const { completed, v2Group } = STATUS_TABLE[status];
  if (!completed) return "requested";
  const outcome = v2Group === "failed" ? "failed" : OUTCOMES.find((outcome) => outcome === status);
  if (outcome === undefined) throw new Error(`the status ${status} has no outcome`);
  return outcome;
}

/** The properties by which counts can be grouped. */
export const STATISTICS_KEYS = ["day", "hour", "channel", "template", "reason"] as const;
/** One of {@link STATISTICS_KEYS}. */
export type StatisticsKey = typeof STATISTICS_KEYS[number];

/**
 * The counts of a group of messages. Those of the properties in {@link STATISTICS_KEYS} are set that the query groups
 * by.
 */
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
  /** How many messages failed, by the reason of the failure. Empty when the row has a `reason`. */
  readonly reasons: ReadonlyMap<string, number>;
}

/** Which counts of a service are asked for. */
export interface StatisticsQuery {
  /** The first UTC day, included, by its number since 1970-01-01. */
  readonly from: number;
  /** The last UTC day, included, by its number since 1970-01-01. */
  readonly to: number;
  readonly by: ReadonlySet<StatisticsKey>;
  /** Counts only messages that were sent with keys of this kind; absent for every kind. */
  readonly keyKind?: KeyKind;
}
