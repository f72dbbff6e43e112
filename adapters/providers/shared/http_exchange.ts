import type { SendOutcome } from "../../../domain/ports/provider.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";

/** What every provider's factory is given. */
export interface ProviderDependencies {
  readonly fetch: typeof globalThis.fetch;
}

/** How long one attempt may take, connection and answer together, unless the configuration says otherwise. */
export const PROVIDER_TIMEOUT_MS = 10_000;

/** An attempt that a later one may mend. */
export type RetryOutcome = Extract<SendOutcome, { readonly kind: "retry" }>;

/** An attempt that no later one can mend. */
export type RejectedOutcome = Extract<SendOutcome, { readonly kind: "rejected" }>;

/** What a provider answered: the status, its `Retry-After` and the body as JSON, or as text when it is none. */
export interface ProviderReply {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: unknown;
}

/**
 * Runs one exchange with a provider under the caller's signal and a time-out that covers the answer's body too.
 *
 * @param run does the exchange with the signal it is given; whatever it throws counts as a broken connection
 * @returns what `run` gave, or the outcome of an exchange that did not end with an answer
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
 * What a failed `fetch` came to: `not-sent` only where the runtime says that no connection was made (Deno's
 * `client error (Connect)`, Node's error codes), otherwise `unknown`. Workers never say.
 */
export function outcomeOfBrokenConnection(error: unknown): RetryOutcome {
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

/** The provider did not say what became of the request: it may have gone out. */
export function unknownOutcome(code: string): RetryOutcome {
  return { kind: "retry", outcome: "unknown", code };
}

/**
 * What an HTTP status means when the provider's own code says nothing more.
 *
 * What an operator can mend (credentials, address, permission) and what time mends is tried again; another
 * refusal of the request is final. A time-out, a redirect or a fault at their end leaves the outcome unknown.
 *
 * @param code the provider's code, when there is one
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

/** Reads `Retry-After` in seconds (RFC 9110 section 10.2.3); the form with a date is not used by our providers. */
export function parseRetryAfter(value: string | undefined): { readonly afterMs?: number } {
  return value !== undefined && /^\d{1,6}$/.test(value) ? { afterMs: Number(value) * 1000 } : {};
}
