/** How many urgent works go before a patient one that waits. */
export const FOREGROUND_IN_A_ROW = 16;

/** Works that hold up everything else while they last, one at a time. */
export interface WriteScheduler {
  /** Next, or after what is under way. */
  urgent<T>(work: () => Promise<T>): Promise<T>;
  /**
   * When nothing urgent waits, or that has had {@link FOREGROUND_IN_A_ROW}; after it the event loop has a turn. What sends
   * lists is patient, so that a single send waits for one piece of it and not for all.
   */
  patient<T>(work: () => Promise<T>): Promise<T>;
}

/** Makes an order of works. */
export function createWriteScheduler(): WriteScheduler {
  const urgent: (() => Promise<void>)[] = [];
  const patient: (() => Promise<void>)[] = [];
  let isRunning = false;
  let inARow = 0;

  async function run(): Promise<void> {
    isRunning = true;
    for (;;) {
      const isUrgent = urgent.length > 0 && (inARow < FOREGROUND_IN_A_ROW || patient.length === 0);
      const next = (isUrgent ? urgent : patient).shift();
      if (next === undefined) break;
      inARow = isUrgent ? inARow + 1 : 0;
      await next();
      if (!isUrgent) await new Promise((resolve) => setImmediate(resolve));
    }
    isRunning = false;
  }

  function queue<T>(works: (() => Promise<void>)[], work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      works.push(() => work().then(resolve, reject));
      if (!isRunning) void run();
    });
  }

  return {
    urgent: (work) => queue(urgent, work),
    patient: (work) => queue(patient, work),
  };
}
