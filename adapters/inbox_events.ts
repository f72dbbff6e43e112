import type { InboxRef } from "../domain/inbox/inbox_message.ts";
import { inboxName } from "../domain/inbox/inbox_shards.ts";
import type { InboxEvents } from "../domain/ports/inbox_events.ts";

/**
 * Creates the event emitter of one process: a write to an inbox notifies the open event streams (server-sent events) of
 * that inbox. Subscribers are called synchronously; events do not reach other processes.
 *
 * @param onPublish called for every inbox that is published
 */
export function createInboxEvents(onPublish?: (inbox: InboxRef) => void): InboxEvents {
  const subscribers = new Map<string, Set<() => void>>();
  return {
    publish(inbox) {
      for (const subscriber of subscribers.get(inboxName(inbox)) ?? []) subscriber();
      onPublish?.(inbox);
    },
    subscribe(inbox, onChange) {
      const name = inboxName(inbox);
      const ofInbox = subscribers.get(name) ?? new Set();
      subscribers.set(name, ofInbox);
      // A function of its own, so that one callback can subscribe twice.
      const subscriber = () => onChange();
      ofInbox.add(subscriber);
      return () => {
        ofInbox.delete(subscriber);
        if (ofInbox.size === 0 && subscribers.get(name) === ofInbox) subscribers.delete(name);
      };
    },
  };
}
