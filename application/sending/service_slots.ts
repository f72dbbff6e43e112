import type { ServiceId } from "../../domain/ids.ts";
import { abortError } from "../event_loop.ts";
import { isRequestIsolated } from "../isolated_requests.ts";

/** How many requests of a service a process works on at once; further requests wait. */
export const MAX_REQUESTS_AT_ONCE = 64;
/** How many requests of a service can wait; further requests are refused. */
export const MAX_REQUESTS_WAITING = 256;

/** Frees the slot of a request, for the next request of its service. Call it once, when the request is answered. */
export type LeaveSlot = () => void;

/**
 * Bounds how many requests of each service a process works on at once. Further requests of that service wait, and do
 * not delay requests of other services. On Workers nothing is bounded.
 */
export interface ServiceSlots {
  /**
   * Takes a slot for a request: at once, or after the requests of its service that came before it.
   *
   * @param signalOf gives the signal that ends the wait: the client has left
   * @returns `undefined` when too many requests of the service wait already
   * @throws {DOMException} `AbortError` when the client has left
   */
  enter(
    serviceId: ServiceId,
    signalOf: () => AbortSignal,
  ): LeaveSlot | undefined | Promise<LeaveSlot>;
}

/** The unanswered requests of one service. */
interface Slots {
  /** How many are being worked on. */
  atOnce: number;
  /** Lets each waiting request go on; in the order in which they came. */
  readonly waiting: Set<() => void>;
}

/** Creates the slots of a process. A service takes memory only while it has requests. */
export function createServiceSlots(): ServiceSlots {
  const services = new Map<ServiceId, Slots>();

  function leave(serviceId: ServiceId, slots: Slots): void {
    const [next] = slots.waiting;
    if (next !== undefined) {
      slots.waiting.delete(next);
      next();
    } else if (--slots.atOnce === 0) services.delete(serviceId);
  }

  return {
    enter(serviceId, signalOf) {
      if (isRequestIsolated()) return () => {};
      const slots = services.get(serviceId) ?? { atOnce: 0, waiting: new Set() };
      const leaveSlot = () => leave(serviceId, slots);
      if (slots.atOnce < MAX_REQUESTS_AT_ONCE) {
        slots.atOnce++;
        services.set(serviceId, slots);
        return leaveSlot;
      }
      if (slots.waiting.size >= MAX_REQUESTS_WAITING) return undefined;
      const signal = signalOf();
      return new Promise((resolve, reject) => {
        const stopWaiting = () => {
          slots.waiting.delete(goOn);
          reject(abortError());
        };
        const goOn = () => {
          signal.removeEventListener("abort", stopWaiting);
          resolve(leaveSlot);
        };
        if (signal.aborted) return reject(abortError());
        signal.addEventListener("abort", stopWaiting, { once: true });
        slots.waiting.add(goOn);
      });
    },
  };
}
