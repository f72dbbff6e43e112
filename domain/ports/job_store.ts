import type { JobId, ServiceId } from "../ids.ts";
import type { Job, JobClaim, JobProgress, JobRow } from "../jobs/job.ts";
import type { Status } from "../notification/status.ts";

/** Stores jobs. */
export interface JobStore {
  /**
   * Stores a chunk of a recipient file that is being uploaded, encrypted. Chunks are sent in the order of their numbers.
   * Retention deletes the chunks of a job that is never created.
   *
   * @param rows one or more, in order; `MAX_CHUNK_ROWS` and `MAX_CHUNK_LENGTH` bound a chunk
   */
  stage(
    serviceId: ServiceId,
    id: JobId,
    number: number,
    rows: readonly JobRow[],
    now: number,
  ): Promise<void>;
  /** Deletes the staged chunks of a job that was not created. */
  discard(serviceId: ServiceId, id: JobId): Promise<void>;
  /**
   * Creates a job from its staged chunks, all or nothing, unless its idempotency key belongs to an earlier job. The job is
   * runnable from `scheduledFor` (or creation), unless its status is `ready to send`.
   *
   * @returns the job; or `earlier`, the job that the key belongs to, with its file's hash, and nothing was created
   */
  create(
    job: Job,
    claim: JobClaim,
    revision: number,
  ): Promise<
    | { readonly kind: "created"; readonly job: Job }
    | { readonly kind: "earlier"; readonly job: JobProgress; readonly fileHash: string }
    /** The service, its template or its senders changed since the file was validated. */
    | { readonly kind: "stale" }
  >;
  /** The job that an idempotency key belongs to. The requests are not compared. */
  findEarlier(
    serviceId: ServiceId,
    keyHash: string,
    now: number,
  ): Promise<{ readonly job: JobProgress; readonly fileHash: string } | undefined>;
  /** A job of the same file, created after `since` and not cancelled: the upload may be an accidental duplicate. */
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
   * Starts a job that is `ready to send`: it becomes `scheduled` when its time is still to come, else `pending`.
   *
   * @returns `false` when the job has another status
   */
  start(serviceId: ServiceId, id: JobId, now: number): Promise<boolean>;
  /**
   * Cancels a job: no further row is accepted, and accepted rows of which no attempt was started are `cancelled` when
   * they are due.
   *
   * @returns `false` when the job has ended or does not exist
   */
  cancel(serviceId: ServiceId, id: JobId, now: number): Promise<boolean>;
  /** The status of each accepted row that retention has not deleted, in order, after `afterRow`. */
  results(
    serviceId: ServiceId,
    id: JobId,
    afterRow: number,
    limit: number,
  ): Promise<
    readonly {
      readonly row: number;
      /** As in the file. */
      readonly recipient: string;
      readonly status: Status;
      /** When the status last changed. */
      readonly at: number;
    }[]
  >;
}
