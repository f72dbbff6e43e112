import { runInSlices } from "../../../application/event_loop.ts";
import { errorName } from "../../../domain/text/error_name.ts";
import { MINUTE_MS } from "../../../domain/time/durations.ts";
import type { InboxChanges, InboxRef } from "../../../domain/inbox/inbox_message.ts";
import type { InboxEvents } from "../../../domain/ports/inbox_events.ts";
import type { InboxStore } from "../../../domain/ports/inbox_store.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { Log } from "../../../domain/ports/log.ts";
import { eventsSinceInSteps, HEARTBEAT } from "./events.ts";
import type { Presenter } from "./present.ts";

/** The most changes that a stream reads from the store, and sends, at a time. */
export const STREAM_BATCH = 100;
/** The longest delay of `setTimeout`, in milliseconds. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** How much longer each wait before a poll is than the one before it, while nothing happens. */
const POLL_GROWTH = 1.5;
/** The greatest part by which a wait before a poll is longer or shorter, so that streams do not poll together. */
const POLL_JITTER = 0.25;

/** The intervals of an inbox's event stream, in milliseconds. */
export interface StreamTiming {
  /**
   * How long after an event the store is polled for changes that other processes made. This process's changes are sent
   * at once.
   */
  readonly pollMs: number;
  /** The longest wait before a poll: while nothing happens, each is half as long again as the one before. */
  readonly maxPollMs: number;
  /** How long a stream sends nothing before it sends a heartbeat. */
  readonly heartbeatMs: number;
  /** How long the client may leave sent data unread before the stream is closed. */
  readonly stallMs: number;
}

/** The intervals in production: polls after 2 to 30 s, heartbeat 15 s, closed after 1 min without reading. */
export const STREAM_TIMING: StreamTiming = {
  pollMs: 2_000,
  maxPollMs: 30_000,
  heartbeatMs: 15_000,
  stallMs: MINUTE_MS,
};

/** The dependencies of {@link openStream}. */
export interface StreamPorts {
  readonly clock: Pick<Clock, "now" | "random">;
  readonly inboxes: Pick<InboxStore, "changesSince">;
  readonly inboxEvents: Pick<InboxEvents, "subscribe">;
  readonly log: Log;
  /** Aborted at shutdown: ends every stream, because a stopping server waits for open connections. */
  readonly stopping: AbortSignal | undefined;
  readonly timing: StreamTiming;
}

/** What one stream sends, and until when. */
export interface StreamPlan {
  readonly inbox: InboxRef;
  /** When the stream ends, in epoch milliseconds: the expiry of the client's access token. */
  readonly expiresAt: number;
  /** The text to send first: the opening line, and the events that report the changes of `from`. */
  readonly opening: string;
  /** The changes that the opening reports. The stream continues after them. */
  readonly from: InboxChanges;
  readonly presenter: Presenter;
  /** Called whenever the client has read what was sent. */
  readonly onRead: () => void;
  /** Called once, when the stream ends. On Workers never, when the client disconnects. */
  readonly onEnd: () => void;
}

/** Reads the texts of a stream one after another. */
interface EventReader {
  /** Waits for the next text to send. Returns an empty text when the reader has been closed. */
  next(): Promise<string>;
  /** Stops listening, and ends a wait. */
  close(): void;
}

/** Creates the reader of a stream's texts: the opening, then the changes as they happen, and heartbeats. */
function createEventReader(
  { clock, inboxes, inboxEvents, timing }: Omit<StreamPorts, "log" | "stopping">,
  { inbox, presenter, opening, from }: Pick<
    StreamPlan,
    "inbox" | "presenter" | "opening" | "from"
  >,
): EventReader {
  let isOpened = false;
  let isClosed = false;
  let { sequence, count } = from;
  // Read once at the start: changes may have happened before the listener was registered.
  let mayHaveChanges = true;
  let wake = () => {};
  // The read at the start makes it `timing.pollMs`.
  let pollMs = timing.pollMs / POLL_GROWTH;
  let untilPollMs = 0;

  function jittered(ms: number): number {
    return ms * (1 + POLL_JITTER * (2 * clock.random() - 1));
  }

  /** Begins to wait for the next poll: longer than the last time, unless something has happened. */
  function awaitPoll(hadEvents: boolean): void {
    pollMs = hadEvents ? timing.pollMs : Math.min(timing.maxPollMs, pollMs * POLL_GROWTH);
    untilPollMs = jittered(pollMs);
  }

  const stopListening = inboxEvents.subscribe(inbox, () => {
    mayHaveChanges = true;
    wake();
  });

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => wake(), ms);
      wake = () => {
        clearTimeout(timer);
        wake = () => {};
        resolve();
      };
    });
  }

  /** Reads the changes since the last read. Returns an empty text when there are none. */
  async function readChanges(): Promise<string> {
    mayHaveChanges = false;
    const since = sequence;
    const page = await inboxes.changesSince(inbox, since, STREAM_BATCH);
    const isReset = page.sequence < since;
    const isUnchanged = !isReset && page.changes.length === 0 && page.count.total === count.total &&
      page.count.unread === count.unread;
    mayHaveChanges ||= page.more;
    ({ sequence, count } = page);
    if (isUnchanged) return "";
    return await runInSlices(eventsSinceInSteps(since, page, presenter));
  }

  return {
    async next() {
      if (!isOpened) {
        isOpened = true;
        return opening;
      }
      for (let idleMs = 0; !isClosed;) {
        if (mayHaveChanges) {
          const events = await readChanges();
          awaitPoll(events !== "");
          if (events !== "") return events;
          continue;
        }
        if (idleMs >= timing.heartbeatMs) return HEARTBEAT;
        const ms = Math.min(untilPollMs, timing.heartbeatMs - idleMs);
        await sleep(ms);
        idleMs += ms;
        untilPollMs -= ms;
        mayHaveChanges ||= untilPollMs <= 0;
      }
      return "";
    },
    close() {
      isClosed = true;
      stopListening();
      wake();
    },
  };
}

/**
 * Opens a stream of an inbox's changes as server-sent events. It reads the next changes from the store only when the
 * client has read the last ones, so that a slow client takes no memory. The stream ends when the access token expires,
 * the client reads nothing for too long, the server stops, or the store fails; the client then reconnects.
 */
export function openStream(ports: StreamPorts, plan: StreamPlan): ReadableStream<Uint8Array> {
  const { clock, log, stopping, timing } = ports;
  const { expiresAt, onRead, onEnd } = plan;
  const encoder = new TextEncoder();
  const reader = createEventReader(ports, plan);
  let isOver = false;
  let close = () => {};
  let stall: ReturnType<typeof setTimeout> | undefined;
  let expiry: ReturnType<typeof setTimeout> | undefined;

  function end(): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(stall);
    clearTimeout(expiry);
    stopping?.removeEventListener("abort", end);
    onEnd();
    reader.close();
    close();
  }

  function awaitExpiry(): void {
    const left = expiresAt - clock.now();
    if (left <= 0) end();
    else expiry = setTimeout(awaitExpiry, Math.min(left, MAX_TIMER_MS));
  }

  return new ReadableStream<Uint8Array>({
    start(controller) {
      close = () => controller.close();
      stall = setTimeout(end, timing.stallMs);
      stopping?.addEventListener("abort", end);
      awaitExpiry();
      if (stopping?.aborted === true) end();
    },
    async pull(controller) {
      clearTimeout(stall);
      onRead();
      try {
        const text = await reader.next();
        if (isOver) return;
        controller.enqueue(encoder.encode(text));
        stall = setTimeout(end, timing.stallMs);
      } catch (error) {
        // The client reconnects with the sequence number of its last event.
        log({ event: "stream-failed", error: errorName(error) });
        end();
      }
    },
    cancel() {
      close = () => {};
      end();
    },
  }, { highWaterMark: 0 });
}
