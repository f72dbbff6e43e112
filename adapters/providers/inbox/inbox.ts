import type { InboxEvents } from "../../../domain/ports/inbox_events.ts";
import type { InboxStore } from "../../../domain/ports/inbox_store.ts";
import type { OutgoingInbox, OutgoingMessage } from "../../../domain/delivery/outgoing_message.ts";
import type { Provider, SendOutcome } from "../../../domain/ports/provider.ts";
import { defineProvider } from "../shared/provider_definition.ts";

const NOT_WRITTEN: SendOutcome = { kind: "retry", outcome: "not-sent", code: "database" };

function acceptedAs(providerMessageId: string): SendOutcome {
  return { kind: "accepted", providerMessageId, delivered: true };
}

function toInbox(message: OutgoingMessage): OutgoingInbox {
  if (message.channel !== "inbox") throw new TypeError("inboxes take no other channel");
  return message;
}

function toWrite({ ref, to, realm, channel: _, sender: __, ...content }: OutgoingInbox) {
  return {
    inbox: {
      serviceId: ref.serviceId,
      recipientId: to,
      ...(realm === undefined ? {} : { realm }),
    },
    message: { id: ref.notificationId, ...content },
  };
}

/**
 * Creates the provider of the inbox channel, which writes messages into Hark's own inboxes and notifies their open
 * streams. A written message counts as delivered; there are no receipts. The write is idempotent by the notification's
 * id, so a failed attempt is always safe to repeat.
 */
export function createInboxProvider(
  store: Pick<InboxStore, "put" | "putAll" | "sharesPuts">,
  inboxEvents: Pick<InboxEvents, "publish">,
): Required<Pick<Provider, "batch">> & Provider {
  async function send(message: OutgoingMessage): Promise<SendOutcome> {
    const write = toWrite(toInbox(message));
    try {
      await store.put(write.inbox, write.message);
    } catch {
      return NOT_WRITTEN;
    }
    inboxEvents.publish(write.inbox);
    return acceptedAs(write.message.id);
  }

  return {
    name: "hark-inbox",
    channel: "inbox",
    send,
    batch: {
      // They are written by one `putAll`; if that fails, each of them is written by itself.
      most: store.sharesPuts,
      async send(messages) {
        const writes = messages.map((message) => toWrite(toInbox(message)));
        try {
          await store.putAll(writes);
        } catch {
          // A single message may have caused the failure: the others must not fail with it.
          return await Promise.all(messages.map(send));
        }
        for (const { inbox } of writes) inboxEvents.publish(inbox);
        return writes.map(({ message }) => acceptedAs(message.id));
      },
    },
  };
}

/**
 * The inbox's entry in the table of providers. It has no environment variables. Inboxes belong to the registry API
 * (`/api/notifications`): when that API is off, `connect` returns `undefined`.
 */
export const INBOX = defineProvider({
  name: "hark-inbox",
  channels: ["inbox"],
  variables: {},
  toSettings: () => ({}),
  connect: (_settings, { inbox }) =>
    inbox && { provider: createInboxProvider(inbox.store, inbox.events) },
});
