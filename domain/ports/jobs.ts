import type { JobId, KeyId, SenderId, ServiceId, TemplateId } from "../ids.ts";
import type { Channel, KeyKind } from "../service/service.ts";
import type { Status } from "../notification/status.ts";
import type { JobStatus } from "../jobs/status.ts";

/** A list of people to send one template to. All times are epoch milliseconds. */
export interface Job {
  readonly serviceId: ServiceId;
  readonly id: JobId;
  readonly name: string;
  readonly fileName: string | null;
  readonly channel: Channel;
  readonly templateId: TemplateId;
  /** Rows are sent with the version that they were checked against. */
  readonly templateVersion: number;
  readonly keyKind: KeyKind;
  readonly keyId: KeyId;
  readonly senderId: SenderId | null;
  readonly status: JobStatus;
  readonly rows: number;
  readonly scheduledFor: number | null;
  /** When its messages are of no use any more; they are then `expired`. */
  readonly validUntil: number | null;
  /** Its messages go out in the service's quiet hours too. */
  readonly urgent: boolean;
  /** It was created to wait until somebody lets it go. */
  readonly held: boolean;
  /** The same recipient could be there twice. */
  readonly duplicates: boolean;
  readonly createdAt: number;
  /** When its first row was taken on. */
  readonly startedAt: number | null;
  /** When it came to its end. */
  readonly finishedAt: number | null;
  /** Why it ended as `error`; a short word of ours, with the row's number behind a colon where a row was refused. */
  readonly error: string | null;
}

/** A job with what has become of its rows; counters, never counted. */
export interface JobProgress extends Job {
  readonly counts: Readonly<Partial<Record<Status, number>>>;
}

/** A row of a job as it is kept until it is sent: sealed, for it is personal data. */
export interface JobRow {
  /** As a spreadsheet numbers it: the header is row 1. */
  readonly row: number;
  readonly recipient: string;
  /** A list where several columns have one header; an empty cell of them is `null`. */
  readonly personalisation: Readonly<Record<string, string | readonly (string | null)[]>>;
  /** What a column `reference` says. */
  readonly reference?: string;
}

/** How many rows make a part full. */
export const MAX_PART_ROWS = 512;
/** How long a part's values are together, in UTF-16 units, when it is full; its last row may go beyond it. */
export const MAX_PART_LENGTH = 256_000;

/** What makes a file the same file. */
export interface JobClaim {
  /** A hash of the caller's `Idempotency-Key`, where it sent one. */
  readonly keyHash: string | null;
  /** A hash of the file's bytes and its template. What else was asked stands in the job. */
  readonly fileHash: string;
  readonly expiresAt: number;
  /** How many parts were staged; without all of them no job is made. */
  readonly parts: number;
}

/** A part of a job that one holder sends. */
export interface JobPart {
  readonly job: Job;
  readonly leaseToken: string;
  /** The next rows; empty when all have been taken on. */
  readonly rows: readonly JobRow[];
  /** Which of them have been accepted before. */
  readonly accepted: ReadonlySet<number>;
  /** How many rows of the whole job have been accepted before. */
  readonly acceptedOfJob: number;
  /** The part's number, to be given back to {@link JobQueue.finishPart}. */
  readonly number: number;
}

/** Where jobs are kept. */
export interface JobStore {
  /**
   * Keeps a part of a list that is being uploaded, sealed; parts are sent by their numbers. Those of a job that is never
   * created are deleted later.
   *
   * @param rows one or more, by their numbers; {@link MAX_PART_ROWS} and {@link MAX_PART_LENGTH} say when a part is full
   */
  stage(
    serviceId: ServiceId,
    id: JobId,
    number: number,
    rows: readonly JobRow[],
    now: number,
  ): Promise<void>;
  /** Deletes what was staged for a job that was not created. */
  discard(serviceId: ServiceId, id: JobId): Promise<void>;
  /**
   * Makes a job of what was staged, all or nothing, unless its key stands for an earlier one.
   *
   * It takes part in the turns from `scheduledFor` or its creation on, unless it is `ready to send`.
   *
   * @returns the job; `earlier` the one that the key stands for, with its file's hash; nothing was made then
   */
  create(
    job: Job,
    claim: JobClaim,
    revision: number,
  ): Promise<
    | { readonly kind: "created"; readonly job: Job }
    | { readonly kind: "earlier"; readonly job: JobProgress; readonly fileHash: string }
    /** The service, its template or its senders are no longer what the list was checked against. */
    | { readonly kind: "stale" }
  >;
  /** The job that a key stands for. What it was asked with is not compared. */
  findEarlier(
    serviceId: ServiceId,
    keyHash: string,
    now: number,
  ): Promise<{ readonly job: JobProgress; readonly fileHash: string } | undefined>;
  /** A job of the same file, made after `since` and not cancelled: whoever uploads it again may not have meant to. */
  findTwin(serviceId: ServiceId, fileHash: string, since: number): Promise<Job | undefined>;
  get(serviceId: ServiceId, id: JobId): Promise<JobProgress | undefined>;
  /** Newest first, after `olderThan`. */
  list(
    serviceId: ServiceId,
    olderThan: JobId | undefined,
    limit: number,
  ): Promise<readonly JobProgress[]>;
  /**
   * Lets a job go that is `ready to send`: `scheduled` where its time is still to come, else `pending`.
   *
   * @returns `false` when it does not wait for that
   */
  start(serviceId: ServiceId, id: JobId, now: number): Promise<boolean>;
  /**
   * Calls a job off: no further row is taken on, and what was taken on and not begun is `cancelled` when its turn comes.
   *
   * @returns `false` when it is over, or there is none
   */
  cancel(serviceId: ServiceId, id: JobId, now: number): Promise<boolean>;
  /** What has become of rows that have been accepted and are still kept, in their order, after `afterRow`. */
  results(
    serviceId: ServiceId,
    id: JobId,
    afterRow: number,
    limit: number,
  ): Promise<
    readonly {
      readonly row: number;
      /** As the list had it. */
      readonly recipient: string;
      readonly status: Status;
      /** When the status last changed. */
      readonly at: number;
    }[]
  >;
}

/** What the runner of jobs takes from. Everything that follows a claim is fenced by its lease. */
export interface JobQueue {
  /**
   * Takes the next part of the job that has waited longest for its turn: one that is pending, scheduled for a time that
   * has come, or in progress and held by nobody. A first part makes it `in progress`.
   *
   * @returns `undefined` when no job is due
   * @throws {JobError} where the part cannot be opened: it rests, ever longer, and ends its job as `error` in the end
   */
  claimPart(now: number, leaseMs: number): Promise<JobPart | undefined>;
  /**
   * Gives the job back, its part done and deleted; `finished` when it was the last.
   *
   * @returns `false` when the lease was lost
   */
  finishPart(part: JobPart, now: number): Promise<boolean>;
  /** Gives the job back with the part still to do, not before `dueAt`. */
  release(part: JobPart, dueAt: number): Promise<void>;
  /** Ends a job that cannot go on, and deletes what is left of its list. What has been taken on is still sent. */
  end(
    part: JobPart,
    status: "sending limits exceeded" | "error",
    error: string | null,
    now: number,
  ): Promise<void>;
}
