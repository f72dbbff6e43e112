/** Handlers for errors that no other code handles. Without them the runtime ends the process at once. */
import type { Log } from "../../domain/ports/log.ts";

/** The exit code after an uncaught error: `EX_SOFTWARE` of `sysexits.h`. */
const UNCAUGHT_ERROR_EXIT_CODE = 70;

/** Codes of errors that concern one connection, not the state of the process. */
const CONNECTION_ERROR_CODES: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EBADF",
  "EMFILE",
  "ENFILE",
  "ENOTCONN",
  "ABORT_ERR",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_WRITE_AFTER_END",
  "ERR_SOCKET_CLOSED",
  "ERR_HTTP_HEADERS_SENT",
]);

/** Names of such errors where they have no code. */
const CONNECTION_ERROR_NAMES: ReadonlySet<string> = new Set([
  "AbortError",
  "BadResource",
  "BrokenPipe",
  "ConnectionAborted",
  "ConnectionReset",
  "Http",
  "Interrupted",
  "NotConnected",
  "TimedOut",
  "UnexpectedEof",
]);

/** Whether an error concerns one connection, such as one that its client has closed. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return CONNECTION_ERROR_CODES.has(code) || CONNECTION_ERROR_NAMES.has(error.name);
}

/**
 * Logs unhandled rejections and uncaught errors. A rejection ends the one task that it belongs to, so the process
 * serves on. An uncaught error has interrupted a callback halfway: unless it concerns one connection only, the state of
 * the process cannot be trusted, and `drain` is called.
 */
export function handleLastResort(log: Log, drain: (exitCode: number) => void): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log({ event: "unhandled-rejection", ...describe(event.reason) });
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    const isConnection = isConnectionError(event.error);
    log({ event: "uncaught-error", ...describe(event.error), ends: !isConnection });
    if (!isConnection) drain(UNCAUGHT_ERROR_EXIT_CODE);
  });
}

/** The class and the place of an error. Its message may quote personal data. */
function describe(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof Error)) return { error: typeof error, where: "" };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  const where = (error.stack ?? "").split("\n").find((line) => /^\s+at /.test(line))?.trim() ?? "";
  return { error: error.name, ...code, where };
}
