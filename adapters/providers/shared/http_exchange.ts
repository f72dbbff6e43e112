import { CallsUsedUp } from "../../invocation/call_queue.ts";
import { enterCall } from "../../invocation/invocation.ts";
import type { ProviderFault, SendOutcome } from "../../../domain/ports/provider.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";

/** The dependency of every provider that calls an HTTP API. */
export interface ProviderDependencies {
  readonly fetch: typeof globalThis.fetch;
}

/** The code of a message for which an invocation could make no call any more. */
const CALLS_USED_UP = "calls-used-up";

/** The default timeout of a call of a provider, in milliseconds: from the connection to the end of the answer. */
export const PROVIDER_TIMEOUT_MS = 10_000;

/**
 * The outcome of an attempt that may be retried. Its `outcome` is `not-sent` (the message was surely not sent) or
 * `unknown` (it may have been).
 */
export type RetryOutcome = Extract<SendOutcome, { readonly kind: "retry" }>;

/** The outcome of an attempt that must not be retried. */
export type RejectedOutcome = Extract<SendOutcome, { readonly kind: "rejected" }>;

/** Why a call was refused, or failed: any outcome but `accepted`. */
export type RefusalOutcome = RetryOutcome | RejectedOutcome | ProviderFault;

/** A provider's HTTP answer, whatever its status. */
export interface ProviderReply {
  readonly status: number;
  /** The value of the header `Retry-After`, as sent. */
  readonly retryAfter: string | undefined;
  /** The parsed JSON; `undefined` when the body is not valid JSON. */
  readonly body: unknown;
}

/**
 * Runs one HTTP exchange with a provider, and aborts it after `timeoutMs` or when `signal` is aborted. It never
 * rejects. Where an invocation may make few calls at a time, the exchange waits in a queue, and its time begins after that.
 *
 * @param run makes the request and reads the whole answer, with the signal that it gets; any error counts as a failed
 * connection
 * @returns the result of `run`, or why there is none: `not-sent` when no connection was made, otherwise `unknown`
 */
export async function withinTime<T>(
  timeoutMs: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<Result<T, RetryOutcome>> {
  let end: () => void;
  try {
    end = await enterCall("other", signal);
  } catch {
    const code = signal.aborted ? "aborted" : CALLS_USED_UP;
    return refuse({ kind: "retry", outcome: "not-sent", code });
  }
  try {
    return await waitWithin(timeoutMs, signal, run);
  } finally {
    end();
  }
}

/** As {@link withinTime}, for a wait that is no call itself. */
export async function waitWithin<T>(
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
    if (cause instanceof CallsUsedUp) {
      return { kind: "retry", outcome: "not-sent", code: CALLS_USED_UP };
    }
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

/** Returns the outcome of a request that the provider may or may not have processed. @param code a short error code */
export function unknownOutcome(code: string): RetryOutcome {
  return { kind: "retry", outcome: "unknown", code };
}

/**
 * Returns the outcome for an error status, when the answer has no error code that says more.
 *
 * Errors that an operator can fix (credentials, address, permission) and temporary ones are retried; any other client
 * error is final. After a timeout, a redirect or a server error the outcome is unknown.
 *
 * @param code the provider's error code for the outcome; the default is `http-` and the status
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

/**
 * Parses the value of `Retry-After`, in whole seconds, to milliseconds. Any other value, such as a date, gives `{}`:
 * the supported providers send seconds.
 */
export function parseRetryAfter(value: string | undefined): { readonly afterMs?: number } {
  return value !== undefined && /^\d{1,6}$/.test(value) ? { afterMs: Number(value) * 1000 } : {};
}
