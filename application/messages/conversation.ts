/** The conversation of a service with a telephone number. */
import type { Status } from "../../domain/notification/status.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { InboundStore } from "../../domain/ports/inbound_store.ts";
import type { NotificationStore } from "../../domain/ports/notification_store.ts";
import type { PagePosition } from "../../domain/ports/page_position.ts";

/** A text of a conversation. Its id begins with its time. */
export interface ConversationText {
  readonly id: string;
  readonly direction: "sent" | "received";
  /** Of a text that was sent. */
  readonly status: Status | undefined;
  /** The service's number or sender. */
  readonly serviceNumber: string;
  readonly content: string;
  /** What Hark answered to a text that was received; `undefined` when it did not. */
  readonly reply: string | undefined;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** Stores of {@link readConversation}. */
export interface ConversationPorts {
  readonly notifications: Pick<NotificationStore, "findByRecipient">;
  readonly inbound: Pick<InboundStore, "listFrom">;
}

/**
 * Reads a page of the texts to a number and from it, newest first.
 *
 * @param number digits without a plus sign, or the sender as it came
 */
export async function readConversation(
  { notifications, inbound }: ConversationPorts,
  serviceId: ServiceId,
  number: string,
  { position, limit, now }: {
    readonly position: PagePosition<string>;
    readonly limit: number;
    readonly now: number;
  },
): Promise<readonly ConversationText[]> {
  const [sent, received] = await Promise.all([
    notifications.findByRecipient(serviceId, number, limit, { position }),
    inbound.listFrom(serviceId, number, { ...position, limit }, now),
  ]);
  const texts = [
    ...sent.filter(({ channel }) => channel === "sms").map((text): ConversationText => ({
      id: text.id,
      direction: "sent",
      status: text.status,
      serviceNumber: text.sender,
      content: text.personal.body,
      reply: undefined,
      createdAt: text.createdAt,
    })),
    ...received.map(({ id, to, message, reply, createdAt }): ConversationText => ({
      ...{ id, reply, createdAt },
      direction: "received",
      status: undefined,
      serviceNumber: to,
      content: message,
    })),
    // The ids of both begin with their times.
  ].toSorted((a, b) => a.id < b.id ? 1 : -1);
  const isUpwards = position.olderThan === undefined && position.newerThan !== undefined;
  return isUpwards ? texts.slice(-limit) : texts.slice(0, limit);
}
