declare const brand: unique symbol;
/**
 * A `T` that has been checked, so that the compiler tells it from other values of the type: `Name` names the kind of
 * value.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** The id of a service. Every id of this file is a lower-case, hyphenated UUID. */
export type ServiceId = Brand<string, "ServiceId">;
/** The id of a service's API key. */
export type KeyId = Brand<string, "KeyId">;
/** The id of a template; all its versions have it. */
export type TemplateId = Brand<string, "TemplateId">;
/** The id of a folder of templates. */
export type FolderId = Brand<string, "FolderId">;
/** The id of a file that was sent by e-mail. */
export type DocumentId = Brand<string, "DocumentId">;
/** The id of a job. */
export type JobId = Brand<string, "JobId">;
/** The id of a list that a person has uploaded, and of which no job was created yet. */
export type ListDraftId = Brand<string, "ListDraftId">;
/** The id of a reply-to address or of a text message sender. */
export type SenderId = Brand<string, "SenderId">;
/** The id of a person with an account, who signs in to the web application. */
export type UserId = Brand<string, "UserId">;
/** The id of an account's session. */
export type SessionId = Brand<string, "SessionId">;
/** The id of an invitation to a service's team. */
export type InvitationId = Brand<string, "InvitationId">;
/** The id of a team's request to go live. */
export type GoLiveRequestId = Brand<string, "GoLiveRequestId">;
/** The id of a management token. */
export type ManagementTokenId = Brand<string, "ManagementTokenId">;
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

/** A parser of the ids of one kind. @returns the canonical form of any spelling of a UUID; `undefined` for other values */
type ParseId<Id extends string> = (value: unknown) => Id | undefined;

function parserOf<Id extends string>(): ParseId<Id> {
  return (value) => parseUuid(value) as Id | undefined;
}

/** Parses a service's id. */
export const parseServiceId = parserOf<ServiceId>();

/** Parses an API key's id. */
export const parseKeyId = parserOf<KeyId>();

/** Parses a template's id. */
export const parseTemplateId = parserOf<TemplateId>();

/** Parses a folder's id. */
export const parseFolderId = parserOf<FolderId>();

/** Parses a job's id. */
export const parseJobId = parserOf<JobId>();

/** Parses the id of an uploaded list. */
export const parseListDraftId = parserOf<ListDraftId>();

/** Parses a sender's id. */
export const parseSenderId = parserOf<SenderId>();

/** Parses a notification's id. */
export const parseNotificationId = parserOf<NotificationId>();

/** Parses a document's id. */
export const parseDocumentId = parserOf<DocumentId>();

/** Parses a user's id. */
export const parseUserId = parserOf<UserId>();

/** Parses a session's id. */
export const parseSessionId = parserOf<SessionId>();

/** Parses an invitation's id. */
export const parseInvitationId = parserOf<InvitationId>();

/** Parses a management token's id. */
export const parseManagementTokenId = parserOf<ManagementTokenId>();

/** Parses the id of a request to go live. */
export const parseGoLiveRequestId = parserOf<GoLiveRequestId>();
