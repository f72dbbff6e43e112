import type { Log, LogEntry } from "../../domain/ports/log.ts";

/**
 * The most lines with one event name that a security log writes in a second. It only counts further ones; a later
 * `write` or `flush` logs their number.
 */
export const MAX_SECURITY_LINES_PER_SECOND = 10;

/** The names of security events in the log, such as a refused credential or a reached limit. */
export type SecurityEventName =
  | "credential-refused"
  | "limit-reached"
  | "connection-shed"
  | "cannot-start";

/** A log line about a security event. */
export type SecurityEntry = LogEntry & { readonly event: SecurityEventName };

/** Writes security events to the log, with a limit on the lines a second so that an attack does not flood the log. */
export interface SecurityLog {
  /** Writes a line, unless this second has {@link MAX_SECURITY_LINES_PER_SECOND} lines of the same event already. */
  write(entry: SecurityEntry): void;
  /**
   * Logs how many lines were left out before this second: one line `security-events-omitted` for each event that had
   * some. There is no timer, so call it at each request.
   */
  flush(): void;
}

/** The lines of one event within a second. */
interface Lines {
  second: number;
  written: number;
  omitted: number;
}

/**
 * Creates a security log with limits of its own: lines of other security logs, in this process or another, do not
 * count. Nothing reports the lines left out last until the next `write` of their event, or `flush`.
 *
 * @param now the present time, in epoch milliseconds
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
