import type { PagePosition } from "./page_position.ts";
import type { NewAuditEntry } from "../accounts/audit.ts";
import type { JobId, ServiceId } from "../ids.ts";
import type { Job, JobClaim, JobProgress, JobRow } from "../jobs/job.ts";
import type { JobCharge } from "../jobs/job_charge.ts";
import type { Status } from "../notification/status.ts";

/** Stores jobs. A job sends one template to every row of an uploaded recipient file. */
export interface JobStore {
  /**
   * Stores a chunk of a recipient file (some of its rows) while it is being uploaded, encrypted. Chunks are sent in the
   * order of their numbers. Retention deletes the chunks of a job that is never created.
   *
   * @param id the id that the job will have
   * @param number the chunk's number, from 0
   * @param rows one or more, in order; `MAX_CHUNK_ROWS` and `MAX_CHUNK_LENGTH` bound a chunk
   */
  stage(
    serviceId: ServiceId,
    id: JobId,
    number: number,
    rows: readonly JobRow[],
    now: number,
  ): Promise<void>;
  /** Deletes the stored chunks of an upload whose job was not created. */
  discard(serviceId: ServiceId, id: JobId): Promise<void>;
  /**
   * Creates a job from its staged chunks, all or nothing, unless its idempotency key belongs to an earlier job. The job
   * is runnable from `scheduledFor` (or creation), unless its status is `ready to send`. What it is charged is given
   * back when it ends before all rows are accepted.
   *
   * @param revision the service's revision that the file was validated with
   * @param charge what it costs of daily limits; absent for a job that is charged for each row when that is accepted,
   * or when it is started
   * @param audit the entry of the audit log that is appended in the same batch, when the job was created
   * @returns the job; or `earlier`, the job that the key belongs to, with its file's hash, and nothing was created
   */
  create(
    job: Job,
    claim: JobClaim,
    revision: number,
    charge?: JobCharge,
    audit?: NewAuditEntry,
  ): Promise<
    | { readonly kind: "created"; readonly job: Job }
    | { readonly kind: "earlier"; readonly job: JobProgress; readonly fileHash: string }
    /** The service has another revision than `revision`, or a staged chunk is missing. Nothing was created. */
    | { readonly kind: "stale" }
    /** `charge` exceeds a limit. Nothing was created. */
    | { readonly kind: "over-limit" }
  >;
  /** The job that an unexpired idempotency key belongs to, with its file's hash. The requests are not compared. */
  findEarlier(
    serviceId: ServiceId,
    keyHash: string,
    now: number,
  ): Promise<{ readonly job: JobProgress; readonly fileHash: string } | undefined>;
  /**
   * Finds a job of the same file that was created after `since` and is not cancelled: the upload may be an accidental
   * duplicate. `undefined` when there is none.
   */
  findDuplicateUpload(
    serviceId: ServiceId,
    fileHash: string,
    since: number,
  ): Promise<Job | undefined>;
  /** @returns `undefined` when the service has no such job */
  get(serviceId: ServiceId, id: JobId): Promise<JobProgress | undefined>;
  /** The service's jobs, newest first, at most `limit`. */
  list(
    serviceId: ServiceId,
    position: PagePosition<JobId>,
    limit: number,
  ): Promise<readonly JobProgress[]>;
  /**
   * Starts a job that is `ready to send`: it becomes `scheduled` when its time is still to come, else `pending`.
   *
   * @param charged what it costs of daily limits, and the service's revision by which that was computed
   * @returns `false` when the job has another status, when the charge exceeds a limit, or the service another revision
   */
  start(
    serviceId: ServiceId,
    id: JobId,
    now: number,
    charged?: { readonly charge: JobCharge | undefined; readonly revision: number },
    audit?: NewAuditEntry,
  ): Promise<boolean>;
  /**
   * Cancels a job: no further row is accepted, and accepted rows of which no attempt was started are `cancelled` when
   * they are due. What it is charged for rows that are not accepted is given back at once. A `finished` job can be
   * cancelled too, while some of its rows are `created`.
   *
   * @returns `false` when the job has ended in another way or does not exist
   */
  cancel(serviceId: ServiceId, id: JobId, now: number, audit?: NewAuditEntry): Promise<boolean>;
  /**
   * Withdraws a job of which nothing has begun: it becomes `cancelled`, what it is charged is given back, and its
   * idempotency key is forgotten, so that the same list can be sent again.
   *
   * @returns `false` when a worker has taken rows of it, when it has ended, or does not exist; nothing was written
   */
  withdraw(
    serviceId: ServiceId,
    id: JobId,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<boolean>;
  /**
   * Pauses a job by hand, with its entry of the audit log: no further row is accepted, and accepted rows of which no attempt was started wait.
   *
   * @returns `false` when the job has ended, waits to be started, or does not exist
   */
  pause(serviceId: ServiceId, id: JobId, now: number, audit?: NewAuditEntry): Promise<boolean>;
  /**
   * Resumes a paused job: it continues where it was paused. One that was paused for its failures does not pause for them
   * again.
   *
   * @returns `false` when the job is not paused
   */
  resume(serviceId: ServiceId, id: JobId, now: number, audit?: NewAuditEntry): Promise<boolean>;
  /**
   * Takes the oldest job that was paused for its failures and whose author has not been told; no other call returns it
   * again unless it is released.
   *
   * @returns `undefined` when there is none
   */
  claimPauseAnnouncement(): Promise<Job | undefined>;
  /** Makes {@link claimPauseAnnouncement} return a job again, because the message to its author failed. */
  releasePauseAnnouncement(serviceId: ServiceId, id: JobId): Promise<void>;
  /**
   * The present status of each accepted row that retention has not deleted, in the order of row numbers: those greater
   * than `afterRow`, at most `limit`.
   */
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
      /** When the status last changed, epoch milliseconds. */
      readonly at: number;
    }[]
  >;
}
