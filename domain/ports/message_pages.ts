import type { FailureReason } from "../delivery/reasons.ts";
import type {
  JobId,
  KeyId,
  NotificationId,
  NotificationRef,
  ServiceId,
  TemplateId,
  UserId,
} from "../ids.ts";
import type { DeletedMessage } from "../notification/deleted_message.ts";
import type { StoredNotification, TimelineEvent } from "../notification/notification.ts";
import type { Status } from "../notification/status.ts";
import type { Channel } from "../service/service.ts";
import type { PagePosition } from "./page_position.ts";

/**
 * The most messages that one page of a list reads, where several filters together leave no index that finds them. A page
 * then ends before the list does, and the next one goes on from there.
 */
export const MAX_MESSAGES_READ = 2_000;

/** Which messages of a service are listed; all conditions apply together, and an absent one does not. */
export interface MessageFilter {
  readonly channel?: Channel | undefined;
  /** The present statuses; empty for every status. */
  readonly statuses: readonly Status[];
  readonly reason?: FailureReason | undefined;
  readonly templateId?: TemplateId | undefined;
  readonly jobId?: JobId | undefined;
  readonly keyId?: KeyId | undefined;
  /** The person who sent them one at a time. */
  readonly authorId?: UserId | undefined;
  /** Accepted from this time on, epoch milliseconds. */
  readonly since?: number | undefined;
  /** Accepted before this time, epoch milliseconds. */
  readonly until?: number | undefined;
  /** The normalised recipient, compared exactly. */
  readonly recipient?: string | undefined;
  /** The caller's own reference, compared exactly. */
  readonly reference?: string | undefined;
}

/** A message in a list. */
export interface FoundMessage {
  readonly notification: StoredNotification;
  /** Why it failed, as the statistics count it; `undefined` for a message that did not, or is not counted. */
  readonly failure: string | undefined;
}

/** A page of messages. */
export interface MessagePage {
  /** At most as many as were asked for, newest first; the rows of a list by their numbers, the last first. */
  readonly messages: readonly FoundMessage[];
  /**
   * The key of the last message that was read, when {@link MAX_MESSAGES_READ} ended the page: a next page at this
   * position goes on with the messages that were not read. `undefined` when all were read.
   */
  readonly readTo: NotificationId | undefined;
  readonly names: MessageNames;
}

/** The names of what messages were sent with. */
export interface MessageNames {
  /** The templates by name, archived ones too. */
  readonly templates: readonly {
    readonly id: TemplateId;
    readonly name: string;
    readonly channel: Channel;
    /** When it was created or last changed, in epoch milliseconds. */
    readonly changedAt: number;
  }[];
  /** The keys, revoked ones too. */
  readonly keys: readonly { readonly id: KeyId; readonly name: string }[];
  /** The members of the team. */
  readonly people: readonly { readonly id: UserId; readonly name: string }[];
}

/** One message with what happened to it. */
export interface MessageRecord extends Omit<MessagePage, "messages" | "readTo"> {
  readonly message: Omit<StoredNotification, "personal" | "reference">;
  /** What it says and to whom; `undefined` when it cannot be decrypted. */
  readonly content: Pick<StoredNotification, "personal" | "reference"> | undefined;
  /** Why it failed, as the statistics count it; `undefined` for a message that did not, or is not counted. */
  readonly failure: string | undefined;
  /** What happened, oldest first. */
  readonly events: readonly TimelineEvent[];
}

/** Reads pages of a service's messages, with one call or two. */
export interface MessagePages {
  /** Reads a message with one call. @returns `undefined` when the service has no such message */
  readOne(ref: NotificationRef): Promise<MessageRecord | undefined>;
  /**
   * Reads with one call what is kept of a message whose content was deleted.
   *
   * @returns `undefined` when the service has no such message, or its timeline was deleted too
   */
  readDeleted(
    ref: NotificationRef,
  ): Promise<{ readonly message: DeletedMessage; readonly names: MessageNames } | undefined>;
  read(
    serviceId: ServiceId,
    filter: MessageFilter,
    position: PagePosition<NotificationId>,
    limit: number,
  ): Promise<MessagePage>;
}
