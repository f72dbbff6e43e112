import type { InboxEvents } from "../../../domain/ports/inbox_events.ts";
import type { InboxStore } from "../../../domain/ports/inbox_store.ts";
import type { OutgoingInbox, OutgoingMessage } from "../../../domain/delivery/outgoing_message.ts";
import type { Provider, SendOutcome } from "../../../domain/ports/provider.ts";

/** How many messages are put into inboxes together. */
export const MAX_BODY_TOGETHER = 64;

/**
 * Makes the provider of inboxes: what it puts in has reached its recipient. A message goes in once however often it is
 * sent, so an attempt that failed may be repeated whatever it came to.
 */
export function createInboxProvider(
  store: Pick<InboxStore, "put" | "putAll">,
  inboxEvents: Pick<InboxEvents, "publish">,
): Required<Pick<Provider, "batch">> & Provider {
  async function send(message: OutgoingMessage): Promise<SendOutcome> {
    const put = toPut(toInbox(message));
    try {
      await store.put(put.inbox, put.message);
    } catch {
      return NOT_PUT;
    }
    inboxEvents.publish(put.inbox);
    return takenAs(put.message.id);
  }

  return {
    name: "hark-inbox",
    channel: "inbox",
    send,
    batch: {
      most: MAX_BODY_TOGETHER,
      async send(messages) {
        const puts = messages.map((message) => toPut(toInbox(message)));
        try {
          await store.putAll(puts);
        } catch {
          // One of them may be to blame, and may not hold up the others.
          return await Promise.all(messages.map(send));
        }
        for (const { inbox } of puts) inboxEvents.publish(inbox);
        return puts.map(({ message }) => takenAs(message.id));
      },
    },
  };
}

const NOT_PUT: SendOutcome = { kind: "retry", outcome: "not-sent", code: "database" };

function takenAs(providerMessageId: string): SendOutcome {
  return { kind: "accepted", providerMessageId, delivered: true };
}

function toInbox(message: OutgoingMessage): OutgoingInbox {
  if (message.channel !== "inbox") throw new TypeError("inboxes take no other channel");
  return message;
}

function toPut({ ref, to, channel: _, ...words }: OutgoingInbox) {
  return {
    inbox: { serviceId: ref.serviceId, recipientId: to },
    message: { id: ref.notificationId, ...words },
  };
}
