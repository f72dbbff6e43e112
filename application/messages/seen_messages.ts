/** What a member of a team sees of messages: recipients, references and content only with the permission for them. */
import { type FailureReason, reasonOfCount } from "../../domain/delivery/reasons.ts";
import type {
  JobId,
  KeyId,
  NotificationId,
  NotificationRef,
  ServiceId,
  TemplateId,
  UserId,
} from "../../domain/ids.ts";
import type { PersonalData, TimelineEvent } from "../../domain/notification/notification.ts";
import type { Status } from "../../domain/notification/status.ts";
import type {
  FoundMessage,
  MessageFilter,
  MessageNames,
  MessagePages,
  MessageRecord,
} from "../../domain/ports/message_pages.ts";
import type { PagePosition } from "../../domain/ports/page_position.ts";
import type { Channel } from "../../domain/service/service.ts";

/** Who looks at messages. */
export interface Viewer {
  /** Whether recipients and content may be shown: the permission `see-messages`. */
  readonly seesRecipients: boolean;
}

/** A message as a list shows it. Times are epoch milliseconds. */
export interface SeenMessage {
  readonly id: NotificationId;
  readonly channel: Channel;
  readonly status: Status;
  readonly statusAt: number;
  readonly createdAt: number;
  readonly scheduledFor: number | undefined;
  readonly templateId: TemplateId;
  readonly keyId: KeyId;
  readonly authorId: UserId | undefined;
  readonly job: { readonly id: JobId; readonly row: number } | undefined;
  readonly provider: string | null;
  /** Why it failed; `undefined` for a message that did not, or that an earlier version ended. */
  readonly reason: FailureReason | undefined;
  /** The provider and its code, or Hark's own code, for {@link reason}. */
  readonly code: string | undefined;
  /** The recipient and the sender's reference; `undefined` for a viewer who may not see them. */
  readonly to: string | undefined;
  readonly reference: string | undefined;
}

/** A page of messages as a viewer sees them. */
export interface SeenPage {
  readonly messages: readonly SeenMessage[];
  /** As in `MessagePage`. */
  readonly readTo: NotificationId | undefined;
  readonly names: MessageNames;
}

/** One message as a viewer sees it. */
export interface SeenRecord {
  readonly message: Omit<MessageRecord["message"], "serviceId">;
  readonly reason: FailureReason | undefined;
  readonly code: string | undefined;
  readonly events: readonly TimelineEvent[];
  readonly names: MessageNames;
  /**
   * `hidden` from a viewer without the permission; `unreadable` when it cannot be decrypted.
   */
  readonly content:
    | { readonly kind: "hidden" | "unreadable" }
    | {
      readonly kind: "shown";
      readonly personal: PersonalData;
      readonly reference: string | null;
    };
}

/** What is searched for in place of a term that the viewer may not search for. No message is found by it. */
const NOTHING = "\n";

/** Reads a page of a service's messages. One who may not see recipients finds none by recipient or reference. */
export async function listMessages(
  pages: Pick<MessagePages, "read">,
  { seesRecipients }: Viewer,
  serviceId: ServiceId,
  { filter, position, limit }: {
    readonly filter: MessageFilter;
    readonly position: PagePosition<NotificationId>;
    readonly limit: number;
  },
): Promise<SeenPage> {
  const { recipient, reference } = filter;
  const isHidden = (recipient !== undefined || reference !== undefined) && !seesRecipients;
  // Reading what is searched for, and decrypting it, would take longer when there is a message.
  const searched = isHidden
    ? {
      ...filter,
      recipient: recipient === undefined ? undefined : NOTHING,
      reference: reference === undefined ? undefined : NOTHING,
    }
    : filter;
  const { messages, readTo, names } = await pages.read(serviceId, searched, position, limit);
  if (isHidden) return { messages: [], readTo: undefined, names };
  return { messages: messages.map((found) => toSeen(found, seesRecipients)), readTo, names };
}

/** Reads one message; `undefined` when the service has no such message. */
export async function readMessage(
  pages: Pick<MessagePages, "readOne">,
  { seesRecipients }: Viewer,
  ref: NotificationRef,
): Promise<SeenRecord | undefined> {
  const record = await pages.readOne(ref);
  if (record === undefined) return undefined;
  const { message, content, failure, events, names } = record;
  return {
    message,
    reason: failure === undefined ? undefined : reasonOfCount(failure),
    code: failure,
    events,
    names,
    content: !seesRecipients
      ? { kind: "hidden" }
      : content === undefined
      ? { kind: "unreadable" }
      : { kind: "shown", ...content },
  };
}

function toSeen({ notification, failure }: FoundMessage, seesRecipients: boolean): SeenMessage {
  const { delivery, personal, reference } = notification;
  return {
    id: notification.id,
    channel: notification.channel,
    status: notification.status,
    statusAt: notification.statusAt,
    createdAt: notification.createdAt,
    scheduledFor: delivery?.scheduledFor,
    templateId: notification.templateId,
    keyId: notification.keyId,
    authorId: notification.authorId,
    job: delivery?.job,
    provider: notification.provider,
    reason: failure === undefined ? undefined : reasonOfCount(failure),
    code: failure,
    to: seesRecipients ? personal.to : undefined,
    reference: seesRecipients ? reference ?? undefined : undefined,
  };
}
