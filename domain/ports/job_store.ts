import type { JobId, ServiceId } from "../ids.ts";
import type { Job, JobClaim, JobProgress, JobRow } from "../jobs/job.ts";
import type { Status } from "../notification/status.ts";

/** Where jobs are kept. */
export interface JobStore {
  /**
   * Keeps a part of a list that is being uploaded, sealed; parts are sent by their numbers. Those of a job that is never
   * created are deleted later.
   *
   * @param rows one or more, by their numbers; {@link MAX_CHUNK_ROWS} and {@link MAX_CHUNK_LENGTH} say when a part is full
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
  findDuplicateUpload(
    serviceId: ServiceId,
    fileHash: string,
    since: number,
  ): Promise<Job | undefined>;
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
