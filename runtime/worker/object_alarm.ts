/** The alarm of a Durable Object: there is one, and each that is set is a row written. */

/** The part of an object's storage that is used (developers.cloudflare.com/durable-objects/api/alarms). */
export interface AlarmStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(time: number): Promise<void>;
}

/** An alarm that rings at the earliest of the times that it was asked for. */
export interface ObjectAlarm {
  /** Lets the alarm ring at a time (epoch milliseconds) or before it. */
  wakeAt(time: number): Promise<void>;
  /** To be called when it rings: it is not set any more. */
  rang(): void;
}

/** Creates the alarm of an object that has just come into memory. */
export function createObjectAlarm(storage: AlarmStorage): ObjectAlarm {
  /** The time that it is set to; `undefined` when that is not known. */
  let setTo: number | undefined;
  return {
    async wakeAt(time) {
      if (setTo === undefined) {
        const stored = await storage.getAlarm() ?? Infinity;
        // Another call may have set it meanwhile.
        setTo ??= stored;
      }
      if (setTo <= time) return;
      setTo = time;
      await storage.setAlarm(time);
    },
    rang() {
      setTo = Infinity;
    },
  };
}
