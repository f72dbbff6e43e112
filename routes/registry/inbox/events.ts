import type { InboxChange, InboxChanges, InboxCount } from "../../../domain/inbox/inbox_message.ts";
import type { Presenter } from "./present.ts";

/** How long a client is to wait before it connects again. */
export const RECONNECT_MS = 2_000;

/** What a stream begins with. */
export const OPENING = `retry: ${RECONNECT_MS}\n\n`;
/** What is sent where there is nothing to say, so that nobody in between takes the connection for dead. */
export const HEARTBEAT = ": heartbeat\n\n";

/** An event of a stream (HTML, 9.2). JSON has no line breaks of its own, so its data is one line. */
function toEvent(name: string, sequence: number, data: unknown): string {
  return `id: ${sequence}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Tells the client that the number it came with means nothing here: it is to read everything anew. */
export function resetEvent(sequence: number): string {
  return toEvent("reset", sequence, {});
}

export function countEvent(sequence: number, { total, unread }: InboxCount): string {
  return toEvent("count", sequence, { total, unread });
}

/** What has happened, and how many there are then. */
export function changeEvents(
  { changes, sequence, count }: InboxChanges,
  presenter: Presenter,
): string {
  return changes.map((change) => changeEvent(change, presenter)).join("") +
    countEvent(sequence, count);
}

function changeEvent(change: InboxChange, presenter: Presenter): string {
  switch (change.kind) {
    case "message":
      return toEvent("message", change.sequence, presenter.present(change.message));
    case "acknowledged":
      return toEvent("ack", change.sequence, { id: change.id });
    case "all-acknowledged":
      return toEvent("ack-all", change.sequence, {});
  }
}
