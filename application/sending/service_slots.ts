import type { KeyId, ServiceId } from "../../domain/ids.ts";
import { abortError } from "../event_loop.ts";
import { isRequestIsolated } from "../isolated_requests.ts";

/** How many requests of a service a process works on at once; further requests wait. */
export const MAX_REQUESTS_AT_ONCE = 64;
/** How many requests of a service can wait; further requests are refused. */
export const MAX_REQUESTS_WAITING = 320;

/** How many of them may be of one key, so that a service's other keys are served beside it. */
export const MAX_REQUESTS_OF_KEY_AT_ONCE = 48;
/** How many of those that wait may be of one key. A service with one key thus has 320 requests unanswered at most. */
export const MAX_REQUESTS_OF_KEY_WAITING = 272;

/** Frees the slot of a request, for the next request of its service. Call it once, when the request is answered. */
export type LeaveSlot = () => void;

/**
 * Bounds how many requests of each service a process works on at once. Further requests of that service wait, and do
 * not delay requests of other services. On Workers nothing is bounded.
 */
export interface ServiceSlots {
  /**
   * Takes a slot for a request: at once, or after the requests of its service that came before it. It may overtake those of
   * a key that has its share.
   *
   * @param signalOf gives the signal that ends the wait: the client has left
   * @returns `undefined` when too many requests of the service, or of the key, wait already
   * @throws {DOMException} `AbortError` when the client has left
   */
  enter(
    serviceId: ServiceId,
    keyId: KeyId,
    signalOf: () => AbortSignal,
  ): LeaveSlot | undefined | Promise<LeaveSlot>;
}

/** The unanswered requests of one key. */
interface Share {
  atOnce: number;
  waiting: number;
}

/** A request that waits. */
interface Waiting {
  readonly share: Share;
  /** Lets it go on. */
  readonly goOn: () => void;
}

/** The unanswered requests of one service. */
interface Slots {
  /** How many are being worked on. */
  atOnce: number;
  readonly shares: Map<KeyId, Share>;
  /** In the order in which they came. */
  readonly waiting: Set<Waiting>;
}

/** Creates the slots of a process. A service takes memory only while it has requests. */
export function createServiceSlots(): ServiceSlots {
  const services = new Map<ServiceId, Slots>();

  function startNext(slots: Slots): void {
    for (const next of slots.waiting) {
      if (!hasRoom(slots, next.share)) continue;
      slots.waiting.delete(next);
      next.share.waiting--;
      start(slots, next.share);
      next.goOn();
      return;
    }
  }

  return {
    enter(serviceId, keyId, signalOf) {
      if (isRequestIsolated()) return () => {};
      const slots = services.get(serviceId) ??
        { atOnce: 0, shares: new Map<KeyId, Share>(), waiting: new Set<Waiting>() };
      const share = slots.shares.get(keyId) ?? { atOnce: 0, waiting: 0 };
      const leaveSlot = () => {
        slots.atOnce--;
        share.atOnce--;
        startNext(slots);
        if (share.atOnce === 0 && share.waiting === 0) slots.shares.delete(keyId);
        if (slots.atOnce === 0) services.delete(serviceId);
      };
      if (hasRoom(slots, share)) {
        services.set(serviceId, slots);
        slots.shares.set(keyId, share);
        start(slots, share);
        return leaveSlot;
      }
      const isFull = slots.waiting.size >= MAX_REQUESTS_WAITING ||
        share.waiting >= MAX_REQUESTS_OF_KEY_WAITING;
      if (isFull) return undefined;
      const signal = signalOf();
      return new Promise((resolve, reject) => {
        const waiting: Waiting = {
          share,
          goOn() {
            signal.removeEventListener("abort", stopWaiting);
            resolve(leaveSlot);
          },
        };
        const stopWaiting = () => {
          slots.waiting.delete(waiting);
          share.waiting--;
          reject(abortError());
        };
        if (signal.aborted) return reject(abortError());
        signal.addEventListener("abort", stopWaiting, { once: true });
        slots.shares.set(keyId, share);
        share.waiting++;
        slots.waiting.add(waiting);
      });
    },
  };
}

function hasRoom(slots: Slots, share: Share): boolean {
  return slots.atOnce < MAX_REQUESTS_AT_ONCE && share.atOnce < MAX_REQUESTS_OF_KEY_AT_ONCE;
}

function start(slots: Slots, share: Share): void {
  slots.atOnce++;
  share.atOnce++;
}
