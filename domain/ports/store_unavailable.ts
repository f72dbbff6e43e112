/**
 * The store does not answer now, or cannot write: it is locked, full, read-only, slow or lost. No request is at fault, and
 * a later repetition may succeed.
 *
 * A write that failed with it may have been committed, unless the file was locked: the answer may have been lost. A
 * repetition with the same idempotency key finds out.
 */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
  /** Why, for logs: SQLite's primary result code, `TIMEOUT`, `HTTP_503`, `CONNECTION` or a server's own code. */
  readonly code: string;

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
