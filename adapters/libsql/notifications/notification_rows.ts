import type { Value } from "@libsql/client";
import type {
  JobId,
  KeyId,
  NotificationId,
  ServiceId,
  TemplateId,
  UserId,
} from "../../../domain/ids.ts";
import type {
  Delivery,
  PersonalData,
  StoredNotification,
} from "../../../domain/notification/notification.ts";
import { CHANNELS, KEY_KINDS } from "../../../domain/service/service.ts";
import { STATUSES } from "../../../domain/notification/status.ts";
import type { Bytes, DataKey, Encryption } from "../../crypto/envelope_encryption.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import {
  blob,
  integer,
  integerOrNull,
  oneOf,
  storedText,
  text,
  textOrNull,
  uuid,
  uuidOrNull,
} from "../connection/row.ts";
import type { Row } from "../connection/database.ts";

/**
 * Selects notifications with their data keys; append a condition on `n`. `CROSS JOIN` keeps `n` first for any statistics, so
 * that its index gives the order.
 */
export const SELECT_NOTIFICATION = `SELECT n.*, ${DATA_KEY_COLUMNS} FROM notifications AS n
    CROSS JOIN data_keys AS d ON d.service_id = n.service_id AND d.id = n.data_key_id`;

/** The columns that {@link readNotification} reads, except for the encrypted one, which JSON cannot hold. */
const COLUMNS = [
  ...["channel", "key_kind", "template_version", "sender", "fragments", "international"],
  ...["created_at", "status", "status_at", "sent_at", "completed_at", "provider"],
  ...["complained_at", "acknowledged_at", "scheduled_for", "valid_until", "urgent", "job_row"],
] as const;
/** The same with ids, which are hexadecimal in JSON. */
const ID_COLUMNS = [
  ...["service_id", "id", "api_key_id", "template_id", "data_key_id", "unless_read", "job_id"],
  ...["author_id", "resent_from"],
] as const;
const READ_COLUMNS = [...COLUMNS, ...ID_COLUMNS];

/** A row of them without values. A copy of it has its fields at once, which is quicker than to add them one by one. */
const NO_VALUES: Row = Object.fromEntries(
  ["sealed", ...READ_COLUMNS].map((column) => [column, null]),
);

/**
 * Columns of a notification `n` in few values, because each value of a row costs a call into native code: the encrypted
 * column, and a JSON array of all others.
 */
export const COMPACT_COLUMNS = `json_array(${
  [
    ...COLUMNS.map((column) => `n.${column}`),
    // hex() of NULL is an empty text.
    ...ID_COLUMNS.map((column) => `nullif(lower(hex(n.${column})), '')`),
  ].join(", ")
}) AS facts, n.sealed`;

/** Selects {@link COMPACT_COLUMNS}; append a condition on `n`. */
export const SELECT_COMPACT = `SELECT ${COMPACT_COLUMNS} FROM notifications AS n`;

/** Reads a row of {@link COMPACT_COLUMNS} as one of {@link SELECT_NOTIFICATION}, without the data key. */
export function fromCompact(compact: Row): Row {
  const facts: readonly Value[] = JSON.parse(text(compact, "facts"));
  const row: Record<string, Value> = { ...NO_VALUES };
  row.sealed = compact.sealed ?? null;
  READ_COLUMNS.forEach((column, index) => row[column] = facts[index] ?? null);
  return row;
}

/**
 * The additional authenticated data of a notification's encrypted column, so that it can be decrypted in its own row
 * only.
 */
export function notificationAad(serviceId: string, id: string): string {
  return `notification ${serviceId} ${id}`;
}

/** What a notification's encrypted column holds. */
type EncryptedData = PersonalData & {
  /** The sender's reference, which may be a name or a case number. */
  readonly reference?: string;
};

/**
 * Encrypts the personal data of a notification and its reference (the caller's own name for it) together.
 *
 * @param aad as {@link notificationAad} returns it
 */
export function encryptPersonal(
  personal: PersonalData,
  reference: string | null,
  key: DataKey,
  aad: string,
): Promise<Bytes> {
  const data: EncryptedData = reference === null ? personal : { ...personal, reference };
  return key.encrypt(JSON.stringify(data), aad);
}

/**
 * The text whose keyed hash is stored for a reference, to find notifications by it. It has a prefix, so that no
 * recipient has the same hash.
 */
export function referenceText(reference: string): string {
  return `reference ${reference}`;
}

/**
 * The text whose keyed hash is stored for a process instance (an id that a registry names in a message's context), to
 * find notifications by it.
 */
export function processText(processInstance: string): string {
  return `process ${processInstance}`;
}

/**
 * Reads a row of {@link SELECT_NOTIFICATION} and decrypts its personal data.
 *
 * @param priority `background` decrypts in other threads
 */
export async function readNotification(
  encryption: Encryption,
  row: Row,
  priority: "foreground" | "background" = "foreground",
): Promise<StoredNotification> {
  const key = await dataKeyOf(encryption, uuid(row, "service_id") as ServiceId, row);
  return await decryptNotification(
    priority === "background" ? key.decryptInBackground : key.decrypt,
    row,
  );
}

/** Reads a row like {@link readNotification}, which needs no data key: `decrypt` is that of the row's key. */
export async function decryptNotification(
  decrypt: DataKey["decrypt"],
  row: Row,
): Promise<StoredNotification> {
  const serviceId = uuid(row, "service_id") as ServiceId;
  const id = uuid(row, "id") as NotificationId;
  const data: EncryptedData = JSON.parse(
    await decrypt(blob(row, "sealed"), notificationAad(serviceId, id)),
  );
  const { reference, personal } = withoutReference(data);
  return { ...readFacts(row), reference: reference ?? null, personal };
}

/** A notification without what its encrypted column holds. */
export type NotificationFacts = Omit<StoredNotification, "personal" | "reference">;

/** Reads what is not encrypted of a row of {@link SELECT_NOTIFICATION}. */
export function readFacts(row: Row): NotificationFacts {
  return {
    serviceId: uuid(row, "service_id") as ServiceId,
    id: uuid(row, "id") as NotificationId,
    channel: oneOf(row, "channel", CHANNELS),
    keyKind: oneOf(row, "key_kind", KEY_KINDS),
    keyId: uuid(row, "api_key_id") as KeyId,
    ...readOrigin(row),
    templateId: uuid(row, "template_id") as TemplateId,
    templateVersion: integer(row, "template_version"),
    sender: storedText(row, "sender"),
    fragments: integerOrNull(row, "fragments"),
    international: integer(row, "international") === 1,
    createdAt: integer(row, "created_at"),
    status: oneOf(row, "status", STATUSES),
    statusAt: integer(row, "status_at"),
    sentAt: integerOrNull(row, "sent_at"),
    completedAt: integerOrNull(row, "completed_at"),
    provider: textOrNull(row, "provider"),
    complainedAt: integerOrNull(row, "complained_at"),
    acknowledgedAt: integerOrNull(row, "acknowledged_at"),
    delivery: readDelivery(row),
  };
}

/** Most messages have no reference, and are not copied. */
function withoutReference(
  data: EncryptedData,
): { readonly reference?: string | undefined; readonly personal: PersonalData } {
  if (data.reference === undefined) return { personal: data };
  const { reference, ...personal } = data;
  return { reference, personal };
}

/** Most messages have neither. */
function readOrigin(row: Row): Pick<StoredNotification, "authorId" | "resentFrom"> {
  const authorId = uuidOrNull(row, "author_id");
  const resentFrom = uuidOrNull(row, "resent_from");
  return {
    ...(authorId === null ? {} : { authorId: authorId as UserId }),
    ...(resentFrom === null ? {} : { resentFrom: resentFrom as NotificationId }),
  };
}

function readDelivery(row: Row): Delivery {
  const scheduledFor = integerOrNull(row, "scheduled_for");
  const validUntil = integerOrNull(row, "valid_until");
  const followsInboxMessage = uuidOrNull(row, "unless_read");
  const jobId = uuidOrNull(row, "job_id");
  return {
    ...(scheduledFor === null ? {} : { scheduledFor }),
    ...(validUntil === null ? {} : { validUntil }),
    ...(integer(row, "urgent") === 1 ? { urgent: true } : {}),
    ...(followsInboxMessage === null
      ? {}
      : { followsInboxMessage: followsInboxMessage as NotificationId }),
    ...(jobId === null ? {} : { job: { id: jobId as JobId, row: integer(row, "job_row") } }),
  };
}
