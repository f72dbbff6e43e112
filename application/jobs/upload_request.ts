/** What is asked with a list, and what is told from that alone. */
import type { KeyId, SenderId, TemplateId } from "../../domain/ids.ts";
import type { Job, JobRow } from "../../domain/jobs/job.ts";
import type { SendingContext } from "../../domain/ports/sending_contexts.ts";
import type { Guests, KeyKind } from "../../domain/service/service.ts";
import { hashOf } from "./file_hash.ts";
import type { RecipientSource } from "./recipient_source.ts";

/** What is asked with a list. */
export interface UploadRequest {
  /** Read for this very request, with the template that it names. */
  readonly context: SendingContext;
  readonly key: { readonly id: KeyId; readonly kind: KeyKind };
  readonly templateId: TemplateId;
  readonly name: string;
  readonly fileName: string | null;
  readonly senderId: SenderId | null;
  /** Epoch milliseconds. */
  readonly scheduledFor: number | null;
  /** When its messages are of no use any more, epoch milliseconds. */
  readonly validUntil: number | null;
  /** Whether its messages go out in quiet hours too. */
  readonly urgent: boolean;
  /** Whether it waits for somebody to say so, once it is created. */
  readonly held: boolean;
  /** Whether the same recipient may be there twice. */
  readonly duplicates: boolean;
  /** A hash of the caller's `Idempotency-Key`, where it sent one. */
  readonly keyHash: string | null;
}

/** What is the same for the same file and template. */
export async function fileHashOf(
  { templateId }: UploadRequest,
  source: RecipientSource,
): Promise<string> {
  return await hashOf(templateId, await source.hash());
}

/** To whom alone a list may go; `undefined`: to anyone. */
export function guestsOf({ context: { service, guests }, key }: UploadRequest): Guests | undefined {
  if (key.kind === "test") return undefined;
  return key.kind === "live" && service.mode === "live" ? undefined : guests;
}

/** How long a row's values are together, in UTF-16 units. */
export function lengthOf({ recipient, personalisation, reference = "" }: JobRow): number {
  let length = recipient.length + reference.length;
  for (const value of Object.values(personalisation)) {
    if (typeof value === "string") length += value.length;
    else for (const item of value) length += item?.length ?? 0;
  }
  return length;
}

/** Whether an earlier job was asked for in the same words. */
export function matchesRequest(request: UploadRequest, job: Job): boolean {
  return job.name === request.name && job.fileName === request.fileName &&
    job.senderId === request.senderId && job.scheduledFor === request.scheduledFor &&
    job.validUntil === request.validUntil && job.urgent === request.urgent &&
    job.held === request.held && job.duplicates === request.duplicates &&
    job.keyKind === request.key.kind;
}

/** Whether a list would be judged by what is now as it was. Who else has a key, say, is nothing to it. */
export function sameSendingRules(
  now: SendingContext,
  { context, key, senderId }: UploadRequest,
): boolean {
  const facts = ({ service, guests, senders, template, keys }: SendingContext) =>
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
  return facts(now) === facts(context);
}
