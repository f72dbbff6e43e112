import type { NotificationId } from "../domain/ids.ts";
import type { Clock, TimeSource } from "../domain/ports/clock.ts";

/** The time of a clock that is never set. */
function steadyTime(now: () => number): TimeSource {
  return { now, monotonic: now, isLocal: false, ready: () => Promise.resolve(), skewMs: () => 0 };
}

/**
 * Creates the time source for a database on this machine: its time is `now`.
 *
 * @param now this machine's clock, in epoch milliseconds
 * @param monotonic a monotonic clock, in milliseconds: setting this machine's clock does not change it
 */
export function localTime(now: () => number, monotonic: () => number): TimeSource {
  return { ...steadyTime(now), monotonic, isLocal: true };
}

/**
 * Returns a time source that is ahead of `time`. Its monotonic clock is not: the step of a move shows, as when this
 * machine's clock is set.
 *
 * @param aheadMs how far it is ahead, in milliseconds; called for each time that is read
 */
export function aheadOf(time: TimeSource, aheadMs: () => number): TimeSource {
  return { ...time, now: () => time.now() + aheadMs() };
}

/**
 * Creates the clock of a process: `now` is the database's time; ids are generated with this machine's clock.
 *
 * Ids of notifications are UUID version 7 (RFC 9562, 6.2 method 1): 48 bits of time in milliseconds, then a 12-bit
 * counter that restarts each millisecond, then 62 random bits. They increase strictly within a process: when the
 * counter overflows or the machine's clock is set back, the time in the ids runs ahead of the clock.
 *
 * @param machineNow this machine's clock, epoch milliseconds
 * @param time the database's time; the default is this machine's clock, for programs that take no leases: they lock no
 *   rows of the database for a time
 */
export function createClock(
  machineNow: () => number = Date.now,
  time: TimeSource = steadyTime(machineNow),
): Clock {
  let lastMs = 0;
  let counter = 0;
  return {
    ...time,
    newId: () => crypto.randomUUID(),
    random: Math.random,
    newNotificationId(): NotificationId {
      const at = machineNow();
      if (at > lastMs) {
        lastMs = at;
        counter = 0;
      } else if (++counter > 0xfff) {
        lastMs++;
        counter = 0;
      }
      const time = lastMs.toString(16).padStart(12, "0");
      const count = counter.toString(16).padStart(3, "0");
      // The last 64 bits of version 4 are those of version 7: the variant, then 62 random bits.
      const tail = crypto.randomUUID().slice("00000000-0000-0000-".length);
      return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${tail}` as NotificationId;
    },
  };
}
