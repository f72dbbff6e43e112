/** The twin's clock, which is Hark's: both are moved together. */
import * as z from "zod/mini";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { SECOND_MS } from "../../domain/time/durations.ts";

/** The longest that Hark's answer is awaited, in milliseconds. */
const TIMEOUT_MS = 5 * SECOND_MS;

const HarkClock = z.object({ now: z.string(), ahead_seconds: z.number() });
const HarkError = z.object({ error: z.string() });

/** The twin's clock. */
export interface TwinClock {
  /** Epoch milliseconds. */
  now(): number;
  /** How far it is ahead of the machine's, in milliseconds. */
  aheadMs(): number;
  /** Takes Hark's time over. @returns whether Hark runs */
  follow(): Promise<boolean>;
  /** Moves both clocks, and takes Hark's time over. The refusal says why neither was moved. */
  advance(ms: number): Promise<Result<void, string>>;
}

/** Creates the clock. @param hark Hark's address, without a trailing slash */
export function createTwinClock(hark: string): TwinClock {
  const url = `${hark}/dev/clock`;
  let aheadMs = 0;
  let isRunning = false;

  async function call(init: RequestInit): Promise<Result<void, string>> {
    let answer: Response;
    let body: unknown;
    try {
      answer = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
      body = await answer.json().catch(() => undefined);
      isRunning = true;
    } catch {
      isRunning = false;
      return refuse(`Hark does not answer at ${hark}: start it, or start the twin with --hark=…`);
    }
    if (answer.status === 404) {
      return refuse(`Hark at ${hark} has no clock to move: start it with "deno task dev"`);
    }
    const clock = HarkClock.safeParse(body);
    if (answer.status !== 200 || !clock.success) {
      const error = HarkError.safeParse(body);
      return refuse(`Hark answered ${answer.status}: ${error.success ? error.data.error : ""}`);
    }
    aheadMs = clock.data.ahead_seconds * SECOND_MS;
    return ok(undefined);
  }

  return {
    now: () => Date.now() + aheadMs,
    aheadMs: () => aheadMs,
    async follow() {
      await call({});
      return isRunning;
    },
    async advance(ms) {
      const before = aheadMs;
      // Moved before Hark's: what Hark asks for at its new time must have happened here.
      aheadMs += ms;
      const moved = await call({
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ advance_seconds: ms / SECOND_MS }),
      });
      if (!moved.ok) aheadMs = before;
      return moved;
    },
  };
}
