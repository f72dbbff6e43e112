import type { CallResult } from "../callbacks/callback_result.ts";

/** One HTTP request to an endpoint. */
export interface CallbackRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
}

/**
 * Calls an endpoint with `POST` once: it neither repeats nor follows a redirect. It refuses a URL that is not allowed,
 * and an address that is not public, of whatever name. A call takes 10 seconds at most, the body of its answer
 * included, of which it reads 64 kB at most and returns nothing. Never rejects.
 */
export type CallEndpoint = (request: CallbackRequest) => Promise<CallResult>;
