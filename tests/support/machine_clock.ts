/** The machine's clock, for tests whose application is another process. */
import { createClock } from "../../adapters/clock.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import { refuseToLook } from "./runner.ts";

const clocks = new WeakSet<Clock>();

/** A clock that nobody can move: `advance` throws. */
export function machineClock(): Clock & { advance(ms: number): void } {
  const clock = { ...createClock(), advance: (_ms: number) => refuseToLook() };
  clocks.add(clock);
  return clock;
}

/** Whether {@link machineClock} made it. */
export const isMachineClock = (clock: Clock): boolean => clocks.has(clock);
