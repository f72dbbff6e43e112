/** The options of an upload, and the checks and values that depend on nothing else. */
import type { AuditActor } from "../../domain/accounts/audit.ts";
import type { TextEncoding } from "../../domain/csv/encoding.ts";
import type { KeyId, ListDraftId, SenderId, TemplateId, UserId } from "../../domain/ids.ts";
import type { Job } from "../../domain/jobs/job.ts";
import type { ListColumns } from "../../domain/jobs/list_columns.ts";
import type { ListReading, WarningCode } from "../../domain/jobs/list_reading.ts";
import type { SendingContext } from "../../domain/ports/sending_contexts.ts";
import type { GuestsWithTeam, KeyKind } from "../../domain/service/service.ts";
import { sha256Hex } from "../sha256_hex.ts";
import type { RecipientSource } from "./recipient_source.ts";

/** A request to create a job from an upload: everything but the recipients. */
export interface UploadRequest {
  /**
   * The service with its keys, guests and senders, and the template, loaded for this request. Without a template the
   * request is refused as `template-not-found`.
   */
  readonly context: SendingContext;
  /** The API key that the job's notifications belong to; for uploads by the operator the id `NO_KEY_ID`. */
  readonly key: { readonly id: KeyId; readonly kind: KeyKind };
  /** The person who sends in the web application; absent when a program does. */
  readonly authorId?: UserId;
  readonly templateId: TemplateId;
  /** The job's name, for display. */
  readonly name: string;
  /** The uploaded file's name, for display; `null` when there is none. */
  readonly fileName: string | null;
  /** The sender of the messages; `null` for the default one of the channel. */
  readonly senderId: SenderId | null;
  /**
   * When to start the job, in epoch milliseconds; `null` starts it at once. A past time is refused, but not in a
   * replay.
   */
  readonly scheduledFor: number | null;
  /**
   * When messages that have not been sent expire, in epoch milliseconds; `null` for never. A past time is refused, but
   * not in a replay.
   */
  readonly validUntil: number | null;
  /** Whether messages are sent during quiet hours too. */
  readonly urgent: boolean;
  /** Whether the job waits for an explicit start; once started, it still waits for `scheduledFor`. */
  readonly createdPaused: boolean;
  /** Whether several rows may have the same recipient. */
  readonly allowDuplicates: boolean;
  /**
   * The encoding that the caller names, for comparison with an earlier request; the source of the recipients reads the
   * list by it. `null` when it names none.
   */
  readonly encoding: TextEncoding | null;
  /** The warnings that do not stop the job, each once and in the order of `WARNING_CODES`. */
  readonly acceptedWarnings: readonly WarningCode[];
  /** Which heading stands for which placeholder; absent when the headings are the placeholders' names. */
  readonly columns?: ListColumns | undefined;
  /**
   * Whether the report must not tell which recipients are suppressed: for those who may send and may not see recipients.
   * The messages to them then end without being sent. Absent means no.
   */
  readonly hidesSuppressions?: boolean;
  /** Whether rows with errors are left out, and the others sent. Absent means no. */
  readonly skipBadRows?: boolean;
  /**
   * The share of permanent failures, in percent, beyond which the job pauses; 0 for never. Absent for the service's
   * setting.
   */
  readonly pauseAtFailures?: number | undefined;
  /** The uploaded list that a person makes the job of; absent for a job of a program. */
  readonly draftId?: ListDraftId;
  /** The SHA-256 hash of the caller's `Idempotency-Key`, in hexadecimal; `null` when it sent none. */
  readonly keyHash: string | null;
  /** Who the audit log says created the job; absent for an upload with an API key, which is not recorded. */
  readonly actor?: AuditActor | undefined;
}

/**
 * Returns a hash of the template's id and the upload, in hexadecimal: equal for the same file with the same template.
 * Call it when the source has been read to its end.
 */
export async function fileHashOf(
  { templateId }: UploadRequest,
  source: RecipientSource,
): Promise<string> {
  return await sha256Hex(`${templateId}\n${await source.hash()}`);
}

/**
 * Returns the only recipients that an upload may have: the service's guest list and team, for a team key and in trial mode.
 * `undefined` allows every recipient.
 */
export function guestsOf(
  { context: { service, guests }, key }: UploadRequest,
): GuestsWithTeam | undefined {
  if (key.kind === "test") return undefined;
  return key.kind === "live" && service.mode === "live" ? undefined : guests;
}

/** Whether a job was requested with the same options as this request. The template and the file are not compared. */
export function matchesRequest(request: UploadRequest, job: Job): boolean {
  return job.name === request.name && job.fileName === request.fileName &&
    job.senderId === request.senderId && job.scheduledFor === request.scheduledFor &&
    job.validUntil === request.validUntil && job.urgent === request.urgent &&
    job.createdPaused === request.createdPaused &&
    job.allowDuplicates === request.allowDuplicates &&
    job.keyKind === request.key.kind && matchesReading(request, job.reading) &&
    (job.skipBadRows === true) === (request.skipBadRows === true) &&
    job.requestedPauseAt === request.pauseAtFailures &&
    columnsText(job.columns) === columnsText(request.columns);
}

/** Columns as a text that is the same in any order. */
function columnsText(columns: ListColumns = {}): string {
  return JSON.stringify(Object.entries(columns).toSorted(([a], [b]) => a < b ? -1 : 1));
}

function matchesReading(
  { encoding, acceptedWarnings }: UploadRequest,
  earlier: ListReading,
): boolean {
  return encoding === earlier.requestedEncoding &&
    acceptedWarnings.join() === earlier.acceptedWarnings.join();
}

/**
 * Whether a newer state of the service has the same rules for sending (settings, guest list, team, template, sender, key),
 * so that validated rows need not be validated again.
 */
export function sameSendingRules(
  newer: SendingContext,
  { context, key, senderId }: UploadRequest,
): boolean {
  const relevant = ({ service, guests, senders, template, keys }: SendingContext) =>
    JSON.stringify([
      service.name,
      service.mode,
      service.active,
      service.settings,
      guests,
      template?.version,
      template?.archived,
      template?.externalId,
      senderId === null ? null : senders.find(({ id }) => id === senderId),
      keys.find(({ id }) => id === key.id)?.revokedAt ?? null,
    ]);
  return relevant(newer) === relevant(context);
}
