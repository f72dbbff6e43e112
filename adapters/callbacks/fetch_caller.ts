/** Calls endpoints with `fetch`, where a process cannot choose the address: on Workers. */
import { CallsUsedUp } from "../invocation/call_queue.ts";
import { enterCall } from "../invocation/invocation.ts";
import { type CallbackAllowance, parseCallbackUrl } from "../../domain/callbacks/callback_url.ts";
import type { CallEndpoint } from "../../domain/ports/callback_caller.ts";
import { CALL_TIMEOUT_MS, MAX_ANSWER_BYTES } from "./call_limits.ts";

/**
 * Creates the function that POSTs callbacks with `fetch`. It refuses a URL that `allowance` does not permit, but cannot
 * check the addresses of the URL's host, because the platform resolves the name. Use it only where the process cannot
 * reach a private network. It follows no redirect and does not reject: a failure is in the result.
 */
export function createFetchCaller(allowance: CallbackAllowance, send: typeof fetch): CallEndpoint {
  return async ({ url, headers, body }) => {
    const target = parseCallbackUrl(url, allowance);
    if (!target.ok) return { failure: "address-refused" };
    let signal: AbortSignal | undefined;
    let end: (() => void) | undefined;
    try {
      end = await enterCall("other");
      // Not before: the time in the queue is none of the call's.
      signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
      const response = await send(url, {
        method: "POST",
        headers,
        body,
        redirect: "manual",
        signal,
      });
      await drain(response);
      const retryAfter = response.headers.get("retry-after") ?? undefined;
      return { status: response.status, retryAfter };
    } catch (error) {
      if (error instanceof CallsUsedUp) return { failure: "not-called" };
      return { failure: signal?.aborted === true ? "timed-out" : "connection-failed" };
    } finally {
      end?.();
    }
  };
}

/**
 * Reads the body so that the connection can be used again, up to the limit. An error is no matter: the status has come.
 */
async function drain({ body }: Response): Promise<void> {
  if (body === null) return;
  try {
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) return;
    }
  } catch {
    return;
  }
}
