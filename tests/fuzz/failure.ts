import type { RawAnswer } from "../support/raw_http.ts";
import { type FuzzRequest, toCurl } from "./request.ts";

/** Behaviour of the process that no request may cause. */
export interface Failure {
  readonly kind: string;
  /** Method and path of the route, or `unknown`. */
  readonly route: string;
  /** The request that caused it, as small as it was found. */
  readonly request: FuzzRequest | undefined;
  readonly status: number | undefined;
}

/** Whether an answer has a status of 500 and up. A 503 with `Retry-After` is an overloaded server's proper answer. */
export function isForbiddenStatus({ status, headers }: RawAnswer): boolean {
  if (status === undefined || status < 500) return false;
  return !(status === 503 && headers.has("retry-after"));
}

/** A failure for a reader, with a command that repeats it. */
export function describeFailure({ kind, route, request }: Failure): string {
  return `${kind}\n  at ${route}\n${request === undefined ? "" : toCurl(request)}`;
}
