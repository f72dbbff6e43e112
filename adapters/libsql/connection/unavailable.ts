/** Errors of a remote server that no statement caused. */
const UNAVAILABLE = new WeakSet<object>();

/** Whether another process has locked the file. Nothing was written. */
export function isBusyError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return "code" in error && error.code === "SQLITE_BUSY";
}

/** Whether the database is unavailable: the file is locked, or the server was unreachable or failed. No statement is at fault. */
export function isUnavailable(error: unknown): boolean {
  return isBusyError(error) || (error instanceof Error && UNAVAILABLE.has(error));
}

/** Marks the error of a remote call as one that makes {@link isUnavailable} true, unless a statement caused it. */
export function markServerFailure(error: unknown): void {
  if (error instanceof Error && isServerFailure(error)) UNAVAILABLE.add(error);
}

/** An error that a statement caused has a code of SQLite's, or the HTTP status 4xx. */
function isServerFailure(error: Error): boolean {
  const code = "code" in error ? String(error.code) : "";
  if (code === "SERVER_ERROR") return !/HTTP status 4\d\d/.test(error.message);
  return !code.startsWith("SQLITE_");
}
