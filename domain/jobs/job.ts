import type { JobId, KeyId, ListDraftId, SenderId, ServiceId, TemplateId, UserId } from "../ids.ts";
import type { Status } from "../notification/status.ts";
import type { Channel, KeyKind } from "../service/service.ts";
import type { ListReading } from "./list_reading.ts";
import type { ListColumns } from "./list_columns.ts";
import type { JobStatus } from "./status.ts";
import { DAY_MS } from "../time/durations.ts";

/** How long a job is kept after its end; longer while some of its notifications are kept. */
export const JOBS_KEPT_MS = 90 * DAY_MS;

/**
 * A bulk job: one template sent to the recipients of an upload. A row of it is accepted when its notification is stored
 * for sending. All times are epoch milliseconds.
 */
export interface Job {
  readonly serviceId: ServiceId;
  readonly id: JobId;
  readonly name: string;
  readonly fileName: string | null;
  readonly channel: Channel;
  readonly templateId: TemplateId;
  /**
   * The version that the rows were validated against. They are sent with it, even if the template changes meanwhile.
   */
  readonly templateVersion: number;
  /** The kind and id of the API key that the upload was sent with. */
  readonly keyKind: KeyKind;
  readonly keyId: KeyId;
  /** The person who sent it in the web application; absent when a program did. The APIs do not answer it. */
  readonly authorId?: UserId;
  /** The sender or reply-to address that the upload names; `null` for the default. */
  readonly senderId: SenderId | null;
  readonly status: JobStatus;
  /** How many rows the upload has below the headers. */
  readonly rows: number;
  /** How many of its rows have a telephone number of another country; absent for a job of an earlier version. */
  readonly abroadRows?: number;
  /** Before this time no row is accepted; `null` to begin at once. */
  readonly scheduledFor: number | null;
  /** When messages that have not been sent become `expired`; `null` for never. */
  readonly validUntil: number | null;
  /** Whether messages are sent during the service's quiet hours too. */
  readonly urgent: boolean;
  /**
   * Whether it was created to wait for an explicit start, with the status `ready to send`. It waits also when its list
   * has a warning that the upload did not accept.
   */
  readonly createdPaused: boolean;
  /** Whether several rows may have the same recipient. */
  readonly allowDuplicates: boolean;
  /** How its list was read. */
  readonly reading: ListReading;
  /** Which heading stands for which placeholder, as the upload named them; absent when it named none. */
  readonly columns?: ListColumns;
  /** Whether rows with errors were left out; absent means no. */
  readonly skipBadRows?: true;
  /** How many rows were left out; absent for none. They are not among `rows`. */
  readonly leftOut?: number;
  /**
   * The share of permanent failures, in percent of the messages that have ended, beyond which the job pauses; `0` for
   * never. Absent for a job of an earlier version, which does not pause.
   */
  readonly pauseAtFailures?: number;
  /** The share that the upload named; absent when it named none, and the service's setting applied. */
  readonly requestedPauseAt?: number;
  /** Why it is paused; absent for a job that is not. */
  readonly pausedBy?: PauseReason;
  /** The uploaded list that a person made the job of; absent for a job of a program. */
  readonly draftId?: ListDraftId;
  readonly createdAt: number;
  /** When a worker first took rows of it to process them; `null` before. */
  readonly startedAt: number | null;
  /** When its last row was accepted, or when it ended before that; `null` while it has not ended. */
  readonly finishedAt: number | null;
  /** Why it ended as `error`: an internal error code, followed by `:` and the row's number when a row was refused. */
  readonly error: string | null;
}

/** Why a job is paused: too many of its messages failed permanently, or somebody has paused it. */
export const PAUSE_REASONS = ["failures", "person"] as const;
/** One of {@link PAUSE_REASONS}. */
export type PauseReason = typeof PAUSE_REASONS[number];

/** A job pauses for its failures only when at least as many of its messages have ended. */
export const MIN_ENDED_TO_PAUSE = 200;

/**
 * A job with the number of its accepted rows by the present status of their notifications. A status without rows may be
 * absent. The store maintains counters, so reading them is cheap.
 */
export interface JobProgress extends Job {
  readonly counts: Readonly<Partial<Record<Status, number>>>;
}

/** A row of a job: the message to one recipient. It is personal data, and stored encrypted until it is accepted. */
export interface JobRow {
  /** The row's number in a spreadsheet, where the headers are row 1. */
  readonly row: number;
  /** The recipient as typed, without invisible characters. */
  readonly recipient: string;
  /** A value is an array when several columns share a header; an empty cell in it is `null`. */
  readonly personalisation: Readonly<Record<string, string | readonly (string | null)[]>>;
  /** The value of the column `reference`: the service's own name for the row's message. Absent when it is empty. */
  readonly reference?: string;
  /** Whether its recipient is a telephone number of another country. */
  readonly abroad?: true;
}

/**
 * The most rows of a chunk. A chunk is the part of a job that is stored as one unit and processed by one worker at a
 * time.
 */
export const MAX_CHUNK_ROWS = 512;

/** A chunk is full when its values together reach this length, in UTF-16 units. Its last row may exceed it. */
export const MAX_CHUNK_LENGTH = 256_000;

/**
 * Identifies an upload when its job is created, so that a repeated upload is found: by its idempotency key, and by its
 * content.
 */
export interface JobClaim {
  /** A hash of the caller's `Idempotency-Key`; `null` when it sent none. */
  readonly keyHash: string | null;
  /** A hash of the template's id and the file's bytes. The job holds the other options of the request. */
  readonly fileHash: string;
  /** Until when the idempotency key is remembered, epoch milliseconds. */
  readonly expiresAt: number;
  /** How many chunks were stored for the upload before the job. The job is created only when all of them are there. */
  readonly chunks: number;
}

/** A chunk of a job's rows that one worker has reserved: only this worker accepts them until its lease expires. */
export interface JobChunk {
  readonly job: Job;
  /** A fencing token: a write with it changes nothing after the lease was lost. */
  readonly leaseToken: string;
  /** Empty when the job has no further chunk. */
  readonly rows: readonly JobRow[];
  /**
   * The numbers (`JobRow.row`) of rows of this chunk that an earlier worker accepted; they must not be accepted again.
   */
  readonly accepted: ReadonlySet<number>;
  /**
   * The day whose daily limits the job was charged to for all of its rows, as `limitDayOf` numbers days. `undefined`
   * when the job was charged to no day: each row is then charged when it is accepted.
   */
  readonly limitDay: number | undefined;
  /** How many rows of the whole job were accepted before the worker reserved this chunk. */
  readonly acceptedOfJob: number;
  /** The chunk's number within its job, from 0. */
  readonly number: number;
}
