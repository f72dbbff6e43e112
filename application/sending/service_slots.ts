import type { ServiceId } from "../../domain/ids.ts";
import { abortError } from "../event_loop.ts";
import { isRequestIsolated } from "../isolated_requests.ts";

/** How many requests of a service are worked on at once. */
export const MAX_REQUESTS_AT_ONCE = 64;
/** How many further requests of a service wait. */
export const MAX_REQUESTS_WAITING = 256;

/** Lets the next request of the service in. Call it once, when the request is answered. */
export type LeaveSlot = () => void;

/**
 * Bounds how many requests of each service a process works on at once: a service that sends many at once waits for itself,
 * and others do not wait for it.
 */
export interface ServiceSlots {
  /**
   * Lets a request in: at once, or after those of its service that came before it.
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

/** The requests of one service that are not answered yet. */
interface Slots {
  atOnce: number;
  /** Those that wait, the first to go on first. */
  readonly waiting: Set<() => void>;
}

/** Creates the slots of a process. It remembers a service while it has requests. */
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
