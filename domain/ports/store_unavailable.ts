/**
 * Thrown when the store does not answer now, or cannot write: it is locked, full, read-only, slow or lost. The request
 * is not at fault, and a later retry may succeed.
 *
 * A write that failed with it may have been committed, because only the answer may have been lost. It was not committed
 * if the file was locked. A retry with the same idempotency key finds out.
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
