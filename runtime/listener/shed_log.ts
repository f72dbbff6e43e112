/** Logs connections that were closed to make room, without letting an attacker fill the log. */
import type { Log } from "../../domain/ports/log.ts";
import type { ShedConnection } from "./connections.ts";

/** Shed connections that are logged one by one between two calls of `flush`; further ones are counted. */
export const SHED_LINES_PER_FLUSH = 10;

/** A log of shed connections. */
export interface ShedLog {
  record(shed: ShedConnection): void;
  /** Logs how many connections were not logged one by one, and begins a new count. Call it each second. */
  flush(): void;
}

/** Creates the log of shed connections: one security event for each, up to a limit. */
export function createShedLog(log: Log): ShedLog {
  let recorded = 0;
  return {
    record({ reason, address }) {
      recorded++;
      if (recorded > SHED_LINES_PER_FLUSH) return;
      log({ event: "security", kind: "connection-shed", reason, address: address ?? null });
    },
    flush() {
      const count = recorded - SHED_LINES_PER_FLUSH;
      recorded = 0;
      if (count > 0) log({ event: "security", kind: "connections-shed", count });
    },
  };
}
