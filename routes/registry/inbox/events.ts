import type { InboxChange, InboxChanges, InboxCount } from "../../../domain/inbox/inbox_message.ts";
import type { Steps } from "../../../domain/steps/steps.ts";
import type { Presenter } from "./present.ts";

/** How long clients wait before they reconnect, in milliseconds. */
const RECONNECT_MS = 2_000;

/**
 * The text that begins a stream (server-sent events): the field `retry`, how many milliseconds clients wait before they
 * reconnect.
 */
export const OPENING = `retry: ${RECONNECT_MS}\n\n`;
/** A comment that is sent while nothing happens, so that proxies do not close the connection as idle. */
export const HEARTBEAT = ": heartbeat\n\n";

/**
 * Formats the event `socket`: where the same events come by a WebSocket. A client may end the stream and continue there;
 * others ignore it. It is no change and has no id.
 *
 * @param path of the server that sends the stream
 */
export function socketEvent(path: string): string {
  return `event: socket\ndata: ${JSON.stringify({ path })}\n\n`;
}

/** Formats an event (HTML, 9.2). `JSON.stringify` writes no line breaks, so the data is one line. */
function toEvent(name: string, sequence: number, data: unknown): string {
  return `id: ${sequence}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * Formats the event `reset`: the client's last event id is not known, so the client must reload the inbox.
 *
 * @param sequence the inbox's current sequence, the id of the event
 */
function resetEvent(sequence: number): string {
  return toEvent("reset", sequence, {});
}

/** Formats the event `count`: how many messages the inbox has, and how many of them are unread. */
function countEvent(sequence: number, { total, unread }: InboxCount): string {
  return toEvent("count", sequence, { total, unread });
}

/**
 * Formats the events that bring a client up to date: the event `reset` when the client's sequence number is not one of
 * this inbox, an event for each change (`message`, `ack` or `ack-all`), then the event `count` with the counts after
 * them. A step follows each change.
 *
 * @param since the client's sequence number; `undefined` when it has none
 * @param page the changes after it
 */
export function* eventsSinceInSteps(
  since: number | undefined,
  { changes, sequence, count }: InboxChanges,
  presenter: Presenter,
): Steps<string> {
  let events = since !== undefined && sequence < since ? resetEvent(sequence) : "";
  for (const change of changes) {
    events += changeEvent(change, presenter);
    yield;
  }
  return events + countEvent(sequence, count);
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
