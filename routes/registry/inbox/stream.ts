import type { InboxChanges, InboxRef } from "../../../domain/inbox/inbox_message.ts";
import type { InboxEvents } from "../../../domain/ports/inbox_events.ts";
import type { InboxStore } from "../../../domain/ports/inbox_store.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { Log } from "../../../domain/ports/log.ts";
import { changeEvents, HEARTBEAT, resetEvent } from "./events.ts";
import type { Presenter } from "./present.ts";

/** The most changes that are read at once. */
export const STREAM_BATCH = 100;
/** Timers cannot wait for longer. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** How long streams wait, in milliseconds. */
export interface StreamTiming {
  /** How often the store is asked, for what others than this process have done. */
  readonly pollMs: number;
  /** How long nothing is said. */
  readonly heartbeatMs: number;
  /** How long a reader may take nothing before it is given up. */
  readonly stallMs: number;
}

/** As streams are served. */
export const STREAM_TIMING: StreamTiming = { pollMs: 2_000, heartbeatMs: 15_000, stallMs: 60_000 };

/** What streams work with. */
export interface StreamPorts {
  readonly clock: Pick<Clock, "now">;
  readonly inboxes: Pick<InboxStore, "changesSince">;
  readonly inboxEvents: Pick<InboxEvents, "subscribe">;
  readonly log: Log;
  /** Ends every stream: a server that stops waits for those that are open. */
  readonly stopping: AbortSignal | undefined;
  readonly timing: StreamTiming;
}

/** A stream that is to be opened. */
export interface StreamPlan {
  readonly inbox: InboxRef;
  /** When it is over, epoch milliseconds. */
  readonly expiresAt: number;
  /** What it begins with. */
  readonly opening: string;
  /** What the opening tells of; the stream goes on from there. */
  readonly from: InboxChanges;
  readonly presenter: Presenter;
  /** Called once, when it is over. */
  readonly onEnd: () => void;
}

/**
 * Opens a stream of what happens in an inbox. It asks for the next changes only when its reader has taken the last, so
 * that a slow reader costs no memory.
 */
export function openStream(ports: StreamPorts, plan: StreamPlan): ReadableStream<Uint8Array> {
  const { clock, inboxes, inboxEvents, log, stopping, timing } = ports;
  const { inbox, expiresAt, presenter, onEnd } = plan;
  const encoder = new TextEncoder();
  let opening: string | undefined = plan.opening;
  let { sequence, count } = plan.from;
  // What happened between that and our listening is asked for at once.
  let hasNews = true;
  let isOver = false;
  let wake = () => {};
  let close = () => {};
  let stall: ReturnType<typeof setTimeout> | undefined;
  let expiry: ReturnType<typeof setTimeout> | undefined;

  const stopListening = inboxEvents.subscribe(inbox, () => {
    hasNews = true;
    wake();
  });

  function end(): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(stall);
    clearTimeout(expiry);
    stopListening();
    stopping?.removeEventListener("abort", end);
    onEnd();
    wake();
    close();
  }

  function awaitExpiry(): void {
    const left = expiresAt - clock.now();
    if (left <= 0) end();
    else expiry = setTimeout(awaitExpiry, Math.min(left, MAX_TIMER_MS));
  }

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

  /** What is new, if anything is. */
  async function ask(): Promise<string> {
    hasNews = false;
    const found = await inboxes.changesSince(inbox, sequence, STREAM_BATCH);
    const isOther = found.sequence < sequence;
    const isSame = !isOther && found.changes.length === 0 && found.count.total === count.total &&
      found.count.unread === count.unread;
    hasNews ||= found.more;
    ({ sequence, count } = found);
    if (isSame) return "";
    return (isOther ? resetEvent(sequence) : "") + changeEvents(found, presenter);
  }

  /** The next thing to say, when there is one; nothing when the stream is over. */
  async function next(): Promise<string> {
    if (opening !== undefined) {
      const said = opening;
      opening = undefined;
      return said;
    }
    for (let silentMs = 0; !isOver;) {
      if (hasNews) {
        const news = await ask();
        if (news !== "") return news;
        continue;
      }
      if (silentMs >= timing.heartbeatMs) return HEARTBEAT;
      const ms = Math.min(timing.pollMs, timing.heartbeatMs - silentMs);
      await sleep(ms);
      silentMs += ms;
      hasNews = true;
    }
    return "";
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
      try {
        const said = await next();
        if (isOver) return;
        controller.enqueue(encoder.encode(said));
        stall = setTimeout(end, timing.stallMs);
      } catch (error) {
        // Its reader comes again with the last number that it was told.
        log({ event: "stream-broken", error: error instanceof Error ? error.name : "unknown" });
        end();
      }
    },
    cancel() {
      close = () => {};
      end();
    },
  }, { highWaterMark: 0 });
}
