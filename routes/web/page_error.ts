/** The statuses that have a page of their own. */
export type ErrorStatus = 403 | 404 | 410 | 413 | 429 | 500 | 503;

/** Ends a request with the page of a status. */
export class PageError extends Error {
  override readonly name = "PageError";
  readonly status: ErrorStatus;
  /** The `Retry-After` header of the answer, in seconds. */
  readonly retryAfterS: number | undefined;

  constructor(status: ErrorStatus, retryAfterS?: number) {
    super(`answered with the page of ${status}`);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}
