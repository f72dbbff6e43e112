/** The options of an upload, and the checks and values that depend on nothing else. */
import type { KeyId, SenderId, TemplateId } from "../../domain/ids.ts";
import type { Job } from "../../domain/jobs/job.ts";
import type { SendingContext } from "../../domain/ports/sending_contexts.ts";
import type { Guests, KeyKind } from "../../domain/service/service.ts";
import { sha256Hex } from "../sha256_hex.ts";
import type { RecipientSource } from "./recipient_source.ts";

/** The options of an upload. */
export interface UploadRequest {
  /** Loaded for this request, with the template that it names. */
  readonly context: SendingContext;
  readonly key: { readonly id: KeyId; readonly kind: KeyKind };
  readonly templateId: TemplateId;
  readonly name: string;
  readonly fileName: string | null;
  readonly senderId: SenderId | null;
  /** When to start the job, in epoch milliseconds. */
  readonly scheduledFor: number | null;
  /** When messages that have not been sent expire, in epoch milliseconds. */
  readonly validUntil: number | null;
  /** Whether messages are sent during quiet hours too. */
  readonly urgent: boolean;
  /** Whether the job waits for an explicit start. */
  readonly createdPaused: boolean;
  /** Whether several rows may have the same recipient. */
  readonly allowDuplicates: boolean;
  /** A hash of the caller's `Idempotency-Key`; `null` when it sent none. */
  readonly keyHash: string | null;
}

/** A hash of the template and the file. Call it when the source has been read to its end. */
export async function fileHashOf(
  { templateId }: UploadRequest,
  source: RecipientSource,
): Promise<string> {
  return await sha256Hex(`${templateId}\n${await source.hash()}`);
}

/** The only recipients that an upload may have; `undefined` allows every recipient. */
export function guestsOf({ context: { service, guests }, key }: UploadRequest): Guests | undefined {
  if (key.kind === "test") return undefined;
  return key.kind === "live" && service.mode === "live" ? undefined : guests;
}

/** Whether a job was requested with the same options. */
export function matchesRequest(request: UploadRequest, job: Job): boolean {
  return job.name === request.name && job.fileName === request.fileName &&
    job.senderId === request.senderId && job.scheduledFor === request.scheduledFor &&
    job.validUntil === request.validUntil && job.urgent === request.urgent &&
    job.createdPaused === request.createdPaused &&
    job.allowDuplicates === request.allowDuplicates &&
    job.keyKind === request.key.kind;
}

/** Whether the rows would be validated alike with the newer context. Other changes of the service do not matter. */
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
