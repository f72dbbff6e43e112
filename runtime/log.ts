/** The log: lines of JSON on the standard output. */
import type { Log, LogEntry } from "../domain/ports/log.ts";
import { createLineBuffer, type LineBuffer } from "./process/line_buffer.ts";

/** How long the end of the process waits for a standard output that is not read, in milliseconds. */
const FLUSH_TIMEOUT_MS = 1_000;

/** `undefined` until {@link batchLog}: lines are written at once, as on Workers. */
let buffer: LineBuffer | undefined;

/**
 * Writes a log entry as a line of JSON with the time in `at`, after all entries before it. {@link batchLog} changes
 * how.
 */
export const writeLog: Log = (entry) => {
  const line = toLine(entry);
  if (buffer === undefined) console.log(line);
  else buffer.add(line);
};

/**
 * From now on lines are written in batches, by another thread, and dropped while no process reads them. For a process
 * that serves, handles uncaught errors and ends by {@link exitProcess}. If it ends by `Deno.exit` the last batch is
 * written then; SIGKILL loses it.
 */
export function batchLog(): void {
  if (buffer !== undefined) return;
  const lines = createLineBuffer({
    write: (bytes) => Deno.stdout.write(bytes),
    toDroppedLine: (count) => toLine({ event: "log-lines-dropped", count }),
  });
  buffer = lines;
  globalThis.addEventListener(
    "unload",
    () => lines.finish((bytes) => Deno.stdout.writeSync(bytes)),
  );
}

/** Resolves when the log so far is written, after {@link FLUSH_TIMEOUT_MS} at the latest. */
export async function flushLog(): Promise<void> {
  if (buffer === undefined) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<void>((resolve) => timer = setTimeout(resolve, FLUSH_TIMEOUT_MS));
  await Promise.race([buffer.flush(), timeout]);
  clearTimeout(timer);
}

/** Ends the process with this exit code when its log is written, or after {@link FLUSH_TIMEOUT_MS}. */
export async function exitProcess(code: number): Promise<never> {
  await flushLog();
  Deno.exit(code);
}

function toLine(entry: LogEntry): string {
  return JSON.stringify({ at: new Date().toISOString(), ...entry });
}
