import type { InboxRef } from "../domain/inbox/inbox_message.ts";
import type { InboxEvents } from "../domain/ports/inbox_events.ts";

/** Makes a bell that is heard in this process. */
export function createInboxEvents(): InboxEvents {
  const listeners = new Map<string, Set<() => void>>();
  return {
    ring(inbox) {
      for (const onRing of listeners.get(nameOf(inbox)) ?? []) onRing();
    },
    listen(inbox, onRing) {
      const name = nameOf(inbox);
      const own = listeners.get(name) ?? new Set();
      listeners.set(name, own);
      // One function may listen twice.
      const listener = () => onRing();
      own.add(listener);
      return () => {
        own.delete(listener);
        if (own.size === 0 && listeners.get(name) === own) listeners.delete(name);
      };
    },
  };
}

/** A service's id has no spaces. */
function nameOf({ serviceId, recipientId }: InboxRef): string {
  return `${serviceId} ${recipientId}`;
}
