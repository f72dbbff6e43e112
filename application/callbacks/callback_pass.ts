/**
 * A pass over one callback (a service's endpoint that gets its events): reads the deliveries that are due, sends them,
 * and decides when those that failed are tried again.
 */
import { ANNOUNCED_EVENTS } from "../../domain/callbacks/callback.ts";
import {
  type EndpointHealth,
  healthAfter,
  isProbed,
  meaningOf,
} from "../../domain/callbacks/callback_result.ts";
import { dueBySubject, groupBySubject, selectDue } from "../../domain/callbacks/callback_order.ts";
import { presentEvent } from "../../domain/events/event_payload.ts";
import type { ServiceEvent } from "../../domain/events/service_event.ts";
import type {
  CallbackOutbox,
  DeliveryRecord,
  LeasedCallback,
  PassResult,
  WaitingDelivery,
} from "../../domain/ports/callback_outbox.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { EventLog } from "../../domain/ports/event_log.ts";
import type { Log } from "../../domain/ports/log.ts";
import { failedRecord, type RecordedDelivery, recordOf, waitingRecord } from "./delivery_record.ts";
import type { CallbackMessage, SendCallback } from "./send_callback.ts";

/** Max deliveries that one pass over a callback reads and sends. An endpoint that fails gets one only, as a probe. */
export const PASS_SIZE = 100;
/** Max calls to one endpoint that a pass has in flight at a time. */
export const MAX_CALLS_OF_CALLBACK = 8;
/**
 * How many deliveries of a callback may wait for another try. While this many wait, no further event is taken from the
 * event log.
 */
export const MAX_WAITING = 1_000;
/** For how long a pass starts calls, in milliseconds. Deliveries that are not sent by then wait for the next pass. */
export const MAX_PASS_MS = 10_000;

/** The calls of a pass beside those to the endpoint: three reads, and the write of its record. */
const CALLS_BESIDE = 4;
/**
 * How many calls an invocation must have left for a callback to begin a pass: as many calls to the endpoint as are in
 * flight at a time, and those beside them.
 */
export const CALLS_A_PASS = MAX_CALLS_OF_CALLBACK + CALLS_BESIDE;

/** Dependencies of {@link createCallbackPass}. */
export interface CallbackPassPorts {
  readonly clock: Pick<Clock, "now" | "random" | "monotonic">;
  readonly outbox: Pick<CallbackOutbox, "readWaiting">;
  readonly events: Pick<EventLog, "read" | "readNumbered">;
  readonly send: SendCallback;
  readonly log: Log;
}

/** A delivery of the pass. */
interface Delivery extends RecordedDelivery {
  /** `undefined` when its event was deleted: it is too old. */
  readonly message: CallbackMessage | undefined;
  /** When it is due if it is not sent in this pass. */
  readonly dueAt: number;
  /** Whether an earlier one of its subject waits, so that it is not sent in this pass. */
  readonly isBlocked: boolean;
}

/** What a pass is to send, and where the callback stands after it. */
interface Work extends Pick<PassResult, "position" | "replay"> {
  readonly deliveries: readonly Delivery[];
}

/**
 * Runs one pass over a callback that this process has leased. When the signal is aborted it starts no further call;
 * calls in flight are finished, and the deliveries that are left stay waiting. It stores nothing.
 *
 * @param callsLeft how many calls of the invocation are left to this callback: the pass leaves enough to record it.
 * Without a limit by default
 * @returns what the caller is to record; `undefined` when there was nothing to do
 * @throws errors of the stores; failed calls are in the result instead
 */
export type RunPass = (
  callback: LeasedCallback,
  signal: AbortSignal,
  callsLeft?: () => number,
) => Promise<PassResult | undefined>;

/** Creates the function that runs passes. It keeps no state between them. */
export function createCallbackPass(
  { clock, outbox, events, send, log }: CallbackPassPorts,
): RunPass {
  async function readDue(
    { serviceId, kind }: LeasedCallback,
    due: readonly WaitingDelivery[],
  ): Promise<readonly Delivery[]> {
    const numbers = kind === "inbound" ? [] : due.map(({ number }) => number);
    const stored = numbers.length === 0 ? [] : await events.readNumbered(serviceId, numbers);
    const byNumber = new Map(stored.map((event) => [event.sequence, event]));
    return due.map(({ payload, ...waiting }) => {
      const event = byNumber.get(waiting.number);
      const { number, subjectId } = waiting;
      const message = payload === undefined
        ? event && toMessage(event)
        : { id: `text_${subjectId.replaceAll("-", "")}`, number, body: payload };
      return { ...waiting, message, isBlocked: false };
    });
  }

  /** Reads the next events of the replay, or else of the log. */
  async function readNew(
    callback: LeasedCallback,
    waiting: readonly WaitingDelivery[],
    limit: number,
  ): Promise<Work> {
    const { serviceId, kind, replay, position } = callback;
    const after = replay === undefined ? position : replay.next - 1;
    const page = await events.read(serviceId, { after, limit, types: ANNOUNCED_EVENTS[kind] });
    const missing = page.oldest - 1 - after;
    if (missing > 0) {
      log({ event: "callback-events-deleted", service_id: serviceId, kind, count: missing });
    }
    const blocked = dueBySubject(waiting);
    const isWaiting = new Set(waiting.map(({ number }) => number));
    const found = page.events.filter(({ sequence }) =>
      !isWaiting.has(sequence) && (replay === undefined || sequence <= replay.to)
    );
    const now = clock.now();
    const deliveries = found.map((event): Delivery => {
      const before = blocked.get(event.notificationId);
      const isBlocked = before !== undefined && before.number < event.sequence;
      return {
        number: event.sequence,
        subjectId: event.notificationId,
        tries: 0,
        message: toMessage(event),
        dueAt: isBlocked ? before.dueAt : now,
        isBlocked,
      };
    });
    return replay === undefined
      ? { deliveries, position: page.next, replay }
      : { deliveries, position, replay: restOf(replay, page.next) };
  }

  async function readWork(callback: LeasedCallback, callsLeft: () => number): Promise<Work> {
    const limit = isProbed(callback.health)
      ? 1
      : Math.max(1, Math.min(PASS_SIZE, callsLeft() - CALLS_BESIDE));
    const waiting = await outbox.readWaiting(callback, MAX_WAITING + PASS_SIZE);
    const due = await readDue(callback, selectDue(waiting, clock.now(), limit));
    const room = waiting.length >= MAX_WAITING ? 0 : limit - due.length;
    if (room <= 0 || callback.kind === "inbound") return { ...callback, deliveries: due };
    const work = await readNew(callback, waiting, room);
    return { ...work, deliveries: [...due, ...work.deliveries] };
  }

  return async (callback, signal, callsLeft = () => Infinity) => {
    const work = await readWork(callback, callsLeft);
    const isMoved = work.position !== callback.position ||
      work.replay?.next !== callback.replay?.next;
    if (work.deliveries.length === 0 && !isMoved) return undefined;
    const sent = await sendAll(callback, work.deliveries, { clock, send, signal, callsLeft });
    const hasRecovered = isProbed(callback.health) && sent.health.failures === 0;
    return { ...sent, hasRecovered, position: work.position, replay: work.replay };
  };
}

/** The rest of a replay after a number; `undefined` when it is over. */
function restOf(
  { to }: { readonly to: number },
  sentUpTo: number,
): LeasedCallback["replay"] {
  return sentUpTo >= to ? undefined : { next: sentUpTo + 1, to };
}

function toMessage(event: ServiceEvent): CallbackMessage {
  const { id, sequence, data } = presentEvent(event);
  return { id, number: sequence, body: JSON.stringify(data), at: event.at };
}

interface SendingPorts extends Pick<CallbackPassPorts, "clock" | "send"> {
  readonly signal: AbortSignal;
  readonly callsLeft: () => number;
}

/** Sends deliveries: those of one subject one by one, of several subjects concurrently, up to {@link MAX_CALLS_OF_CALLBACK}. */
async function sendAll(
  callback: LeasedCallback,
  deliveries: readonly Delivery[],
  { clock, send, signal, callsLeft }: SendingPorts,
): Promise<Pick<PassResult, "records" | "health" | "isGone">> {
  const stopAt = clock.monotonic() + MAX_PASS_MS;
  const records: DeliveryRecord[] = [];
  let health: EndpointHealth = callback.health;
  let isGone = false;
  /**
   * Whether the rest is left: the pass has no time or no calls left, or the endpoint was found failing. Calls that have
   * begun may not be counted yet.
   */
  const isStopped = () =>
    signal.aborted || isGone || clock.monotonic() >= stopAt || health.pausedUntil > clock.now() ||
    callsLeft() <= MAX_CALLS_OF_CALLBACK;

  /** @returns when the delivery is due again; `undefined` when nothing of it is left to send */
  async function sendOne(delivery: Delivery): Promise<number | undefined> {
    if (delivery.message === undefined) {
      records.push(failedRecord(delivery, "event-deleted"));
      return undefined;
    }
    const result = await send(callback.secrets, delivery.message);
    if ("failure" in result && result.failure === "not-called") {
      records.push(waitingRecord(delivery, delivery.dueAt));
      return delivery.dueAt;
    }
    const now = clock.now();
    health = healthAfter(health, result, now, clock.random());
    isGone ||= meaningOf(result) === "gone";
    const record = recordOf(delivery, result, now, clock.random());
    records.push(record);
    return record.dueAt;
  }

  async function sendGroup(group: readonly Delivery[]): Promise<void> {
    let blockedUntil: number | undefined;
    for (const delivery of group) {
      if (blockedUntil === undefined && !delivery.isBlocked && !isStopped()) {
        blockedUntil = await sendOne(delivery);
      } else {
        const dueAt = Math.max(delivery.dueAt, blockedUntil ?? 0);
        blockedUntil = dueAt;
        records.push(waitingRecord(delivery, dueAt));
      }
    }
  }

  const groups = groupBySubject(deliveries).values();
  await Promise.all(Array.from({ length: MAX_CALLS_OF_CALLBACK }, async () => {
    for (const group of groups) await sendGroup(group);
  }));
  return { records, health, isGone };
}
