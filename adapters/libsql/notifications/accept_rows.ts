/** An accept as the JSON object that the statements of `accept_statements.ts` read. */
import { LANE } from "../../../domain/delivery/lanes.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import type { Accept, AcceptResult, IdempotencyClaim } from "../../../domain/ports/accept_store.ts";
import { simulatedOutcome } from "../../../domain/recipient/simulated.ts";
import type { QuotaCharge } from "../../../domain/sending/limits.ts";
import { hex, toStored } from "../connection/row.ts";
import type { DataKey } from "../../crypto/envelope_encryption.ts";
import {
  encryptPersonal,
  notificationAad,
  processText,
  referenceText,
} from "./notification_rows.ts";
import { eventText } from "./timeline.ts";

/**
 * One accept (a notification to store, with its outbox row, charges and idempotency key) as a JSON object: personal
 * data is encrypted, and bytes are hexadecimal.
 */
export type AcceptRow = Readonly<Record<string, unknown>>;

/**
 * A charge (what a request costs of one counter of a limit) in the JSON of an accept. `floor`, `step`, `limit` and `cap`
 * are in the counter's own unit; `expires_at` is when the counter may be deleted, in epoch milliseconds. `chargeInOrder`
 * adds `up_to`, which the check of the limit reads.
 */
export interface ChargeRow extends Pick<QuotaCharge, "scope" | "floor" | "step" | "limit" | "cap"> {
  readonly expires_at: number;
}

/**
 * Makes the row of an accept that the statements read; it writes nothing. It encrypts the personal data, the reference
 * and the answer of an idempotency key, and adds keyed hashes by which recipient, reference and process instance are
 * found. All else stays plain.
 *
 * @param key the service's current data key
 */
export async function toAcceptRow(
  accept: Accept,
  key: DataKey,
): Promise<AcceptRow> {
  const { notification, idempotency, lease } = accept;
  const { personal, reference, delivery = {} } = notification;
  const context = notificationAad(notification.serviceId, notification.id);
  const processInstance = personal.context?.businessProcessInstanceId;
  const [encrypted, recipientHash, referenceHash, processHash, answer] = await Promise.all([
    encryptPersonal(personal, reference, key, context),
    key.lookup(personal.recipient),
    reference === null ? null : key.lookup(referenceText(reference)),
    processInstance === undefined ? null : key.lookup(processText(processInstance)),
    idempotency === undefined ? undefined : encryptAnswer(notification.serviceId, idempotency, key),
  ]);
  return {
    service_id: notification.serviceId,
    revision: accept.revision,
    id: notification.id,
    is_started: lease?.provider === undefined ? 0 : 1,
    events: firstEvents(notification.createdAt, lease),
    channel: notification.channel,
    key_kind: notification.keyKind,
    api_key_id: notification.keyId,
    author_id: notification.authorId ?? null,
    resent_from: notification.resentFrom ?? null,
    template_id: notification.templateId,
    template_version: notification.templateVersion,
    sender: toStored(notification.sender),
    fragments: notification.fragments,
    international: notification.international ? 1 : 0,
    created_at: notification.createdAt,
    recipient_hash: hex(recipientHash),
    reference_hash: referenceHash === null ? null : hex(referenceHash),
    process_hash: processHash === null ? null : hex(processHash),
    data_key_id: key.id,
    sealed: hex(encrypted),
    scheduled_for: delivery.scheduledFor ?? null,
    valid_until: delivery.validUntil ?? null,
    urgent: delivery.urgent === true ? 1 : 0,
    unless_read: delivery.followsInboxMessage ?? null,
    job_id: delivery.job?.id ?? null,
    job_row: delivery.job?.row ?? null,
    job_lease: accept.jobLease ?? null,
    job_charge: accept.takesFromJob === undefined ? 0 : 1,
    job_charge_abroad: accept.takesFromJob?.abroad === true ? 1 : 0,
    ends_suppressed: accept.endsSuppressed === true ? 1 : null,
    // Its simulated bounce suppresses it, and the next message must have the same outcome.
    is_simulated: simulatedOutcome(notification.channel, personal.recipient) === "delivered"
      ? null
      : 1,
    limit_day: notification.limitDay ?? null,
    lane: accept.inBatch === true ? LANE.bulk : LANE.single,
    due_at: lease?.until ?? accept.dueAt ?? notification.createdAt,
    lease_token: lease?.token ?? null,
    charges: accept.charges.map(toChargeRow),
    key_hash: idempotency?.keyHash ?? null,
    request_hash: idempotency?.requestHash ?? null,
    answer: answer === undefined ? null : hex(answer),
    answer_expires_at: idempotency?.expiresAt ?? null,
    documents: accept.documents?.length ? accept.documents : null,
  };
}

/** The timeline after the accept, which may start the first attempt. */
function firstEvents(at: number, lease: Accept["lease"]): string {
  if (lease?.provider === undefined) return "[]";
  const { provider, selection } = lease;
  const facts = { provider, ...(selection === undefined ? {} : { selection }), attempt: 1 };
  return `[${eventText(at, "attempt-started", facts)}]`;
}

/** Makes the {@link ChargeRow} of a charge; its error for a refused request is left out. */
export function toChargeRow({ expiresAt, refusal: _, ...charge }: QuotaCharge): ChargeRow {
  return { ...charge, expires_at: expiresAt };
}

/** The size of a row's encrypted columns, in characters. */
export function sizeOfRow({ sealed, answer }: AcceptRow): number {
  return String(sealed).length + String(answer).length;
}

/**
 * The rejection of a row whose message, or answer to its idempotency key, the database cannot hold; `undefined` for
 * others.
 *
 * @param maxBytes the database's `maxValueBytes`
 */
export function rejectTooLarge(
  { sealed, answer }: AcceptRow,
  maxBytes: number,
): AcceptResult | undefined {
  // Two hexadecimal digits are a byte.
  const bytes = Math.max(String(sealed).length, String(answer).length) / 2;
  if (bytes <= maxBytes) return undefined;
  return { kind: "rejected", reason: "too-large", bytes, maxBytes };
}

/**
 * The additional authenticated data of the encrypted answer to an idempotency key: it decrypts in its own row only.
 *
 * @param keyHash the key's hash, as stored
 */
export function answerAad(serviceId: string, keyHash: string): string {
  return `answer ${serviceId} ${keyHash}`;
}

/** Encrypts the answer that is stored for an idempotency key, from which a replay of the request is answered. */
export function encryptAnswer(serviceId: ServiceId, claim: IdempotencyClaim, key: DataKey) {
  return key.encrypt(claim.answer, answerAad(serviceId, claim.keyHash));
}
