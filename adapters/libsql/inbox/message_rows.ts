import type { NotificationId } from "../../../domain/ids.ts";
import type {
  InboxMessage,
  InboxRef,
  NewInboxMessage,
} from "../../../domain/inbox/inbox_message.ts";
import type { LocalisedContent } from "../../../domain/notification/notification.ts";
import { personText } from "../../../domain/recipient/realm.ts";
import type { Bytes, Encryption } from "../../crypto/envelope_encryption.ts";
import type { Row } from "../connection/database.ts";
import { blob, hex, integer, integerOrNull, uuid } from "../connection/row.ts";
import { dataKeyOf } from "../keys/keyring.ts";
import type { LibsqlContexts } from "../services/contexts.ts";

type DataKeys = Pick<LibsqlContexts, "currentDataKey">;

/**
 * A message to insert, encrypted, as the JSON that {@link INSERT_MESSAGES} reads: hashes and bytes are hexadecimal.
 */
export interface MessageRow {
  readonly service_id: string;
  readonly recipient_hash: string;
  readonly id: string;
  readonly data_key_id: string;
  readonly sealed: string;
}

/** The content of a message, which is stored encrypted. */
interface MessageContent extends LocalisedContent {
  readonly localised: Readonly<Record<string, LocalisedContent>>;
  readonly language?: string;
}

/** The keyed hash by which the rows of an inbox are found: of its person's id and realm. */
export async function hashOf(contexts: DataKeys, inbox: InboxRef): Promise<Bytes> {
  return await (await contexts.currentDataKey(inbox.serviceId)).lookup(personText(inbox));
}

/**
 * Encrypts a message with the current data key of the inbox's service, for {@link INSERT_MESSAGES}. It writes
 * nothing.
 */
export async function toMessageRow(
  contexts: DataKeys,
  inbox: InboxRef,
  message: NewInboxMessage,
): Promise<MessageRow> {
  const { serviceId } = inbox;
  const key = await contexts.currentDataKey(serviceId);
  const recipientHash = hex(await key.lookup(personText(inbox)));
  const { id, subject, body, localised, language } = message;
  const content: MessageContent = {
    subject,
    body,
    localised,
    ...(language === undefined ? {} : { language }),
  };
  const encrypted = await key.encrypt(
    JSON.stringify(content),
    messageAad(serviceId, recipientHash, id),
  );
  return {
    service_id: serviceId,
    recipient_hash: recipientHash,
    id,
    data_key_id: key.id,
    sealed: hex(encrypted),
  };
}

/** Reads and decrypts a row of {@link selectMessages}. */
export async function readMessage(
  encryption: Encryption,
  { serviceId }: InboxRef,
  row: Row,
): Promise<InboxMessage> {
  const id = uuid(row, "id") as NotificationId;
  const key = await dataKeyOf(encryption, serviceId, row);
  const recipientHash = hex(blob(row, "recipient_hash"));
  const content: MessageContent = JSON.parse(
    await key.decrypt(blob(row, "sealed"), messageAad(serviceId, recipientHash, id)),
  );
  return {
    ...content,
    id,
    createdAt: integer(row, "created_at"),
    acknowledgedAt: integerOrNull(row, "acknowledged_at"),
  };
}

/** The additional authenticated data of a message, so that it can be decrypted in its own row only. */
function messageAad(serviceId: string, recipientHash: string, id: string): string {
  return `inbox-message ${serviceId} ${recipientHash} ${id}`;
}
