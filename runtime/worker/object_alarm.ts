/** The alarm of a Durable Object. An object has one alarm; setting it is billed as a row written. */

/** The part of an object's storage that is used (developers.cloudflare.com/durable-objects/api/alarms). */
export interface AlarmStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(time: number): Promise<void>;
}

/** An alarm that rings at the earliest of the times that it was asked for. */
export interface ObjectAlarm {
  /** Makes the alarm ring at `time` (epoch milliseconds) at the latest. */
  wakeAt(time: number): Promise<void>;
  /** Notes that the alarm has rung and is not set any more: call it in the object's `alarm`. */
  rang(): void;
}

/** Creates the alarm of an object that has just come into memory. */
export function createObjectAlarm(storage: AlarmStorage): ObjectAlarm {
  /** The time that the alarm is set to, `Infinity` when it is not set; `undefined` before it was read. */
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
