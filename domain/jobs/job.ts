import type { JobId, KeyId, SenderId, ServiceId, TemplateId } from "../ids.ts";
import type { Status } from "../notification/status.ts";
import type { Channel, KeyKind } from "../service/service.ts";
import type { JobStatus } from "./status.ts";

/** A bulk job: one template sent to the recipients of an upload. All times are epoch milliseconds. */
export interface Job {
  readonly serviceId: ServiceId;
  readonly id: JobId;
  readonly name: string;
  readonly fileName: string | null;
  readonly channel: Channel;
  readonly templateId: TemplateId;
  /** The version that the rows were validated against; they are sent with it. */
  readonly templateVersion: number;
  readonly keyKind: KeyKind;
  readonly keyId: KeyId;
  readonly senderId: SenderId | null;
  readonly status: JobStatus;
  readonly rows: number;
  readonly scheduledFor: number | null;
  /** When messages that have not been sent become `expired`. */
  readonly validUntil: number | null;
  /** Whether messages are sent during the service's quiet hours too. */
  readonly urgent: boolean;
  /** Whether it was created to wait for an explicit start. */
  readonly createdPaused: boolean;
  /** Whether several rows may have the same recipient. */
  readonly allowDuplicates: boolean;
  readonly createdAt: number;
  /** When its first row was accepted. */
  readonly startedAt: number | null;
  /** When its last row was accepted, or it ended without. */
  readonly finishedAt: number | null;
  /** Why it ended as `error`: an internal error code, followed by `:` and the row's number when a row was refused. */
  readonly error: string | null;
}

/** A job with the number of its rows by status. The store maintains counters, so reading them is cheap. */
export interface JobProgress extends Job {
  readonly counts: Readonly<Partial<Record<Status, number>>>;
}

/** A row of a job, stored encrypted until it is accepted: it is personal data. */
export interface JobRow {
  /** The row's number in a spreadsheet, where the headers are row 1. */
  readonly row: number;
  readonly recipient: string;
  /** A value is an array when several columns share a header; an empty cell in it is `null`. */
  readonly personalisation: Readonly<Record<string, string | readonly (string | null)[]>>;
  /** The value of the column `reference`. */
  readonly reference?: string;
}

/** The most rows of a chunk. */
export const MAX_CHUNK_ROWS = 512;

/** A chunk is full when its values together reach this length, in UTF-16 units. Its last row may exceed it. */
export const MAX_CHUNK_LENGTH = 256_000;

/** Identifies an upload: its idempotency key, and its content for finding duplicates. */
export interface JobClaim {
  /** A hash of the caller's `Idempotency-Key`; `null` when it sent none. */
  readonly keyHash: string | null;
  /** A hash of the template's id and the file's bytes. The job holds the other options of the request. */
  readonly fileHash: string;
  readonly expiresAt: number;
  /** How many chunks were staged. The job is created only when all of them are stored. */
  readonly chunks: number;
}

/** A chunk of a job, claimed by one worker. */
export interface JobChunk {
  readonly job: Job;
  readonly leaseToken: string;
  /** Empty when the job has no further chunk. */
  readonly rows: readonly JobRow[];
  /** The numbers of rows of this chunk that were accepted before. */
  readonly accepted: ReadonlySet<number>;
  /** How many rows of the whole job were accepted before. */
  readonly acceptedOfJob: number;
  /** The chunk's number within its job. */
  readonly number: number;
}
