/** The clock of a server's database where a test moves it. */
import { waitFor } from "../support/process.ts";
import type { HostedServer } from "./hosted.ts";

/** A clock that stands still until a test sets it. */
export interface MovedClock {
  /** Its time, epoch milliseconds. */
  now(): number;
  /** Returns its time to the database, and records that the server has got the time. */
  read(): number;
  /** Sets it, and waits until the server has read it. */
  set(now: number, server: HostedServer): Promise<void>;
}

/** Creates a clock. @param now its time, epoch milliseconds */
export function createMovedClock(now: number): MovedClock {
  let time = now;
  /** Whether it was read since it was set. */
  let isRead = false;
  return {
    now: () => time,
    read() {
      isRead = true;
      return time;
    },
    async set(now, { url, runDue }) {
      time = now;
      isRead = false;
      // The server reads it with each call of the database, and this route makes one.
      const callDatabase = async () => void await (await fetch(`${url}/readyz`)).body?.cancel();
      await waitFor("the server to read the time", async () => {
        await callDatabase();
        await runDue();
        return isRead;
      });
      // The answer with the time may still be on its way.
      await callDatabase();
    },
  };
}
