import type { JobId, ServiceId, TemplateId } from "../ids.ts";
import type { JobStatus } from "../jobs/status.ts";
import type { Outcome } from "../statistics/statistics.ts";
import type { ServiceProgress } from "./service_overview_store.ts";

/** The most stored counts by which the templates that were used are found, the newest first. */
export const MAX_SUMMARY_COUNTS = 4_000;
/** The most messages and replies that a summary counts one by one; there may be more. */
export const MAX_SUMMARY_ROWS = 1_000;
/** For how many days, today included, a summary counts. */
export const SUMMARY_DAYS = 30;
/** For how many days, today included, a summary counts templates and replies. */
export const RECENT_DAYS = 7;

/** What became of the messages that were accepted on one UTC day. */
export interface DayCounts {
  /** Its number since 1970-01-01. */
  readonly day: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  /** How many failed, by the reason as the statistics name it. */
  readonly failures: ReadonlyMap<string, number>;
}

/** What the overview of a service shows. */
export interface ServiceSummary {
  readonly progress: ServiceProgress;
  /** The days with messages, oldest first. */
  readonly days: readonly DayCounts[];
  /**
   * The templates that were used most in the last days, with the number of messages; `undefined` when there are more than
   * {@link MAX_SUMMARY_COUNTS} counts, of which the newest decide.
   */
  readonly templates: readonly {
    readonly id: TemplateId;
    readonly name: string;
    readonly messages: number | undefined;
  }[];
  /** The newest lists that have not ended. */
  readonly lists: readonly {
    readonly id: JobId;
    readonly name: string;
    readonly status: JobStatus;
    readonly rows: number;
    readonly accepted: number;
  }[];
  /** Messages that wait for a later time, at most {@link MAX_SUMMARY_ROWS} and one more. */
  readonly scheduled: number;
  /** Texts that people sent in the last days, at most {@link MAX_SUMMARY_ROWS} and one more. */
  readonly replies: number;
  /** How much is used of today's limits, by the name of their counters. */
  readonly used: ReadonlyMap<string, number>;
}

/** Reads the summary of a service. */
export interface ServiceSummaryStore {
  /**
   * With one call.
   *
   * @param scopes the names of the counters of today's limits
   */
  readSummary(
    serviceId: ServiceId,
    scopes: readonly string[],
    now: number,
  ): Promise<ServiceSummary>;
}
