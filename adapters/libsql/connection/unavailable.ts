/** Tells errors of the database itself from errors of a statement. */
import { fromRefusal } from "../../invocation/refuse_call.ts";
import { StoreUnavailable } from "../../../domain/ports/store_unavailable.ts";

/** SQLite's primary result codes that no statement causes: another one, or the same one later, may succeed. */
const UNAVAILABLE_CODES: ReadonlySet<string> = new Set([
  "SQLITE_BUSY",
  "SQLITE_LOCKED",
  "SQLITE_NOMEM",
  "SQLITE_READONLY",
  "SQLITE_IOERR",
  "SQLITE_CORRUPT",
  "SQLITE_FULL",
  "SQLITE_CANTOPEN",
  "SQLITE_PROTOCOL",
  "SQLITE_NOLFS",
  "SQLITE_AUTH",
  "SQLITE_PERM",
  "SQLITE_NOTADB",
]);

/** The code for answers that are too large: this one, or all that a server has under way together. */
export const ANSWER_TOO_LARGE = "RESPONSE_TOO_LARGE";

/**
 * Whether a remote database refused a call since its answer, together with those under way, is larger than it gives. A call
 * for fewer rows may succeed. Nothing was written.
 */
export function isAnswerTooLarge(error: unknown): boolean {
  return error instanceof StoreUnavailable && error.code === ANSWER_TOO_LARGE;
}

/** Beginnings of the codes of errors that a statement causes, or this program. */
const STATEMENT_CODES = /^(?:SQLITE_|SQL_|ARGS_|URL_|PROTO)/;

/** HTTP statuses that a repetition may not have: of a server that is lost, elsewhere, overloaded, or refuses the token. */
const UNAVAILABLE_STATUSES = /^(?:3\d\d|401|403|404|407|408|421|425|429|5\d\d)$/;

/** Whether an error means that another process has locked the file. Nothing was written then. */
export function isBusyError(error: unknown): boolean {
  return codeOf(error) === "SQLITE_BUSY";
}

/**
 * Whether an error means that the database is unavailable (or its file locked by another process), so that no
 * statement is at fault.
 */
export function isUnavailable(error: unknown): boolean {
  return error instanceof StoreUnavailable || isBusyError(error);
}

/** The code of a call that was not answered in time. */
const TIMEOUT = "TIMEOUT";

/** The error of a call that was not answered in time, or was not begun since its time was over. */
export function timedOut(): StoreUnavailable {
  return new StoreUnavailable(TIMEOUT, "the database did not answer in time");
}

/**
 * Turns an error of an embedded database into `StoreUnavailable`. An error that a statement caused is returned as it
 * is.
 */
export function fromEmbedded(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreUnavailable) return error;
  const code = codeOf(error);
  return code !== undefined && UNAVAILABLE_CODES.has(code)
    ? new StoreUnavailable(code, error.message, { cause: error })
    : error;
}

/**
 * Turns an error of a call to a remote database into `StoreUnavailable`. An error that a statement caused is returned
 * as it is. The arguments of the statements were checked before the call, so that a `TypeError` is a failed
 * connection.
 */
export function fromRemote(cause: unknown): unknown {
  const error = fromRefusal(cause);
  if (!(error instanceof Error) || error instanceof StoreUnavailable) return error;
  const code = unavailableCode(error);
  return code === undefined ? error : new StoreUnavailable(code, error.message, { cause: error });
}

function unavailableCode(error: Error): string | undefined {
  // The result holds an integer that JavaScript cannot hold.
  if (error instanceof RangeError) return undefined;
  const code = codeOf(error);
  if (code === undefined) {
    return /^(?:TimeoutError|AbortError)$/.test(error.name) ? TIMEOUT : "CONNECTION";
  }
  if (code === "SERVER_ERROR") {
    const [, status = ""] = /HTTP status (\d+)/.exec(error.message) ?? [];
    return UNAVAILABLE_STATUSES.test(status) ? `HTTP_${status}` : undefined;
  }
  const primary = /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? code;
  return UNAVAILABLE_CODES.has(primary) || !STATEMENT_CODES.test(code) ? primary : undefined;
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
