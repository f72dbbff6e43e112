declare const brand: unique symbol;
/** A `T` that has been through the parser for `Name`. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** The id of a service. Every id of this file is a lower-case, hyphenated UUID. */
export type ServiceId = Brand<string, "ServiceId">;
export type KeyId = Brand<string, "KeyId">;
export type TemplateId = Brand<string, "TemplateId">;
/** The id of a file that was sent by e-mail. */
export type DocumentId = Brand<string, "DocumentId">;
/** The id of a job. */
export type JobId = Brand<string, "JobId">;
/** The id of a reply-to address or of a text message sender. */
export type SenderId = Brand<string, "SenderId">;
/** UUID version 7: notifications sort by their id in the order in which they were accepted. */
export type NotificationId = Brand<string, "NotificationId">;

/** Identifies a notification. Providers get it with the message and return it in their receipts. */
export interface NotificationRef {
  readonly serviceId: ServiceId;
  readonly notificationId: NotificationId;
}

const CANONICAL = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const HEX_NUMBER = /^(?:0[xX]_?)?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*$/;

/**
 * Reads a UUID as leniently as GOV.UK Notify does (Python's `uuid.UUID`): any case, hyphens optional,
 * surrounding braces and `urn:uuid:` allowed, version not checked.
 *
 * @returns the canonical lower-case hyphenated form, or `undefined` when it is not a UUID
 */
export function parseUuid(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  if (CANONICAL.test(value)) return value;
  const stripped = value.replaceAll("urn:", "").replaceAll("uuid:", "")
    .replace(/^[{}]+|[{}]+$/g, "").replaceAll("-", "");
  if ([...stripped].length !== 32) return undefined;
  const number = stripped.trim().replace(/^\+/, "");
  if (!HEX_NUMBER.test(number)) return undefined;
  const hex = number.replace(/^0[xX]/, "").replaceAll("_", "").toLowerCase().padStart(32, "0");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** As {@link parseUuid}, for a service's id. */
export function parseServiceId(value: unknown): ServiceId | undefined {
  return parseUuid(value) as ServiceId | undefined;
}

/** As {@link parseUuid}, for a key's id. */
export function parseKeyId(value: unknown): KeyId | undefined {
  return parseUuid(value) as KeyId | undefined;
}

/** As {@link parseUuid}, for a template's id. */
export function parseTemplateId(value: unknown): TemplateId | undefined {
  return parseUuid(value) as TemplateId | undefined;
}

/** As {@link parseUuid}, for a job's id. */
export function parseJobId(value: unknown): JobId | undefined {
  return parseUuid(value) as JobId | undefined;
}

/** As {@link parseUuid}, for a sender's id. */
export function parseSenderId(value: unknown): SenderId | undefined {
  return parseUuid(value) as SenderId | undefined;
}

/** As {@link parseUuid}, for a notification's id. */
export function parseNotificationId(value: unknown): NotificationId | undefined {
  return parseUuid(value) as NotificationId | undefined;
}

/** As {@link parseUuid}, for a document's id. */
export function parseDocumentId(value: unknown): DocumentId | undefined {
  return parseUuid(value) as DocumentId | undefined;
}
