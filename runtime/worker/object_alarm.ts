/** The alarm of a Durable Object, which has one at a time. */

/** The part of an object's storage that is used (developers.cloudflare.com/durable-objects/api/alarms). */
export interface AlarmStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(time: number): Promise<void>;
}

/** The earliest of the times at which an object wants to be called. */
export interface ObjectAlarm {
  /** Lets the alarm ring at this time (epoch milliseconds) or before it. */
  wakeAt(time: number): Promise<void>;
  /** Notes that the alarm has rung, so that none is set. */
  ring(): void;
}

/** Each alarm that is set is a row written, so a later one than the one that is set writes nothing. */
export function createObjectAlarm(storage: AlarmStorage): ObjectAlarm {
  /** The time of the alarm that is set; `undefined` when it is not known. */
  let setAt: number | undefined;
  return {
    async wakeAt(time) {
      if (setAt === undefined) {
        const storedAt = await storage.getAlarm() ?? Infinity;
        // Another call may have set one meanwhile, which this one must not replace by a later one.
        setAt = Math.min(storedAt, setAt ?? Infinity);
      }
      if (setAt <= time) return;
      setAt = time;
      await storage.setAlarm(time);
    },
    ring() {
      setAt = Infinity;
    },
  };
}
