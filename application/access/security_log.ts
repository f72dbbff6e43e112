import type { Log, LogEntry } from "../../domain/ports/log.ts";

/** The most lines of one event in a second; further ones are counted. */
export const MAX_SECURITY_LINES_PER_SECOND = 10;

/** The names of the security events in the log. */
export type SecurityEventName =
  | "credential-refused"
  | "limit-reached"
  | "connection-shed"
  | "cannot-start";

/** A line of the log about a security event. */
export type SecurityEntry = LogEntry & { readonly event: SecurityEventName };

/** Writes security events, so that a flood of them does not flood the log. */
export interface SecurityLog {
  /** Writes a line, or counts it when the second has its lines. */
  write(entry: SecurityEntry): void;
  /** Writes how many lines were left out in seconds that are over. No timer does it, so callers do it at each request. */
  flush(): void;
}

/** The lines of one event within a second. */
interface Lines {
  second: number;
  written: number;
  omitted: number;
}

/**
 * Creates a process's security log.
 *
 * @param now epoch milliseconds
 */
export function createSecurityLog(now: () => number, log: Log): SecurityLog {
  const linesByEvent = new Map<SecurityEventName, Lines>();

  /** Begins the present second, and reports the lines that were left out before it. */
  function beginSecond(event: SecurityEventName, lines: Lines, second: number): void {
    if (lines.second === second) return;
    const { omitted } = lines;
    Object.assign(lines, { second, written: 0, omitted: 0 });
    if (omitted > 0) {
      log({ event: "security-events-omitted", omitted_event: event, count: omitted });
    }
  }

  return {
    write(entry) {
      const second = Math.floor(now() / 1000);
      const lines = linesByEvent.get(entry.event) ?? { second, written: 0, omitted: 0 };
      linesByEvent.set(entry.event, lines);
      beginSecond(entry.event, lines, second);
      if (lines.written >= MAX_SECURITY_LINES_PER_SECOND) {
        lines.omitted++;
        return;
      }
      lines.written++;
      log(entry);
    },
    flush() {
      if (linesByEvent.size === 0) return;
      const second = Math.floor(now() / 1000);
      for (const [event, lines] of linesByEvent) beginSecond(event, lines, second);
    },
  };
}
