import type { JobId, KeyId, SenderId, ServiceId, TemplateId } from "../ids.ts";
import type { Status } from "../notification/status.ts";
import type { Channel, KeyKind } from "../service/service.ts";
import type { JobStatus } from "./status.ts";

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
export const MAX_CHUNK_ROWS = 512;

/** How long a part's values are together, in UTF-16 units, when it is full; its last row may go beyond it. */
export const MAX_CHUNK_LENGTH = 256_000;

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
export interface JobChunk {
  readonly job: Job;
  readonly leaseToken: string;
  /** The next rows; empty when all have been taken on. */
  readonly rows: readonly JobRow[];
  /** Which of them have been accepted before. */
  readonly accepted: ReadonlySet<number>;
  /** How many rows of the whole job have been accepted before. */
  readonly acceptedOfJob: number;
  /** The part's number, to be given back to {@link JobQueue.finishChunk}. */
  readonly number: number;
}
