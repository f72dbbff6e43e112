import type { SendOutcome } from "../../../domain/ports/provider.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";

/** The dependencies of every provider's factory. */
export interface ProviderDependencies {
  readonly fetch: typeof globalThis.fetch;
}

/** The default timeout of an attempt, connection and answer together. */
export const PROVIDER_TIMEOUT_MS = 10_000;

/** The outcome of an attempt that may be retried. */
export type RetryOutcome = Extract<SendOutcome, { readonly kind: "retry" }>;

/** The outcome of an attempt that must not be retried. */
export type RejectedOutcome = Extract<SendOutcome, { readonly kind: "rejected" }>;

/** A provider's answer. */
export interface ProviderReply {
  readonly status: number;
  /** The `Retry-After` header. */
  readonly retryAfter: string | undefined;
  /** The parsed JSON; `undefined` when the body is not valid JSON. */
  readonly body: unknown;
}

/**
 * Runs one HTTP exchange with a provider, under the caller's signal and a timeout that covers the answer's body too.
 *
 * @param run makes the exchange under the signal that it gets; any error that it throws counts as a broken connection
 * @returns the result of `run`, or the outcome of an exchange that got no answer
 */
export async function withinTime<T>(
  timeoutMs: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<Result<T, RetryOutcome>> {
  if (signal.aborted) return refuse({ kind: "retry", outcome: "not-sent", code: "aborted" });
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    return ok(await run(AbortSignal.any([signal, deadline.signal])));
  } catch (error) {
    if (deadline.signal.aborted) return refuse(unknownOutcome("timeout"));
    if (signal.aborted) return refuse(unknownOutcome("aborted"));
    return refuse(outcomeOfBrokenConnection(error));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The outcome of a failed `fetch`: `not-sent` only when the runtime reports that no connection was made (Deno's
 * `client error (Connect)`, Node's error codes), otherwise `unknown`. Workers never report it.
 */
function outcomeOfBrokenConnection(error: unknown): RetryOutcome {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = "code" in cause ? cause.code : undefined;
    if (
      cause.message.includes("client error (Connect)") || code === "ECONNREFUSED" ||
      code === "ENOTFOUND"
    ) {
      return { kind: "retry", outcome: "not-sent", code: "no-connection" };
    }
  }
  return unknownOutcome("network");
}

/** The outcome of a request that may or may not have been processed. */
export function unknownOutcome(code: string): RetryOutcome {
  return { kind: "retry", outcome: "unknown", code };
}

/**
 * The outcome of an HTTP status, for answers without an error code that says more.
 *
 * Errors that an operator can fix (credentials, address, permission) and temporary ones are retried; any other client
 * error is final. After a timeout, a redirect or a server error the outcome is unknown.
 *
 * @param code the provider's error code, if there is one
 */
export function outcomeOfStatus(
  { status, retryAfter }: ProviderReply,
  code: string = `http-${status}`,
): RetryOutcome | RejectedOutcome {
  switch (status) {
    case 401:
    case 403:
    case 404:
      return { kind: "retry", outcome: "not-sent", code };
    case 429:
      return { kind: "retry", outcome: "not-sent", code, ...parseRetryAfter(retryAfter) };
    case 408:
      return unknownOutcome(code);
  }
  if (status >= 400 && status < 500) return { kind: "rejected", permanent: false, code };
  return { ...unknownOutcome(code), ...parseRetryAfter(retryAfter) };
}

/** Parses `Retry-After` in seconds (RFC 9110 section 10.2.3); our providers do not use the form with a date. */
export function parseRetryAfter(value: string | undefined): { readonly afterMs?: number } {
  return value !== undefined && /^\d{1,6}$/.test(value) ? { afterMs: Number(value) * 1000 } : {};
}
