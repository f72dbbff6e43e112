/** Calls of Postmark's API with its own client. */
import type { ServerClient } from "postmark";
import type { ProviderDependencies, ProviderReply } from "../shared/http_exchange.ts";

/**
 * Converts the API's base URL to the options of Postmark's client. `requestHost` is the host with the URL's path; the
 * client appends paths such as `/email` to it.
 *
 * @throws {TypeError} when the URL is invalid
 */
export function toServer(
  baseUrl: string,
): { readonly useHttps: boolean; readonly requestHost: string } {
  const { protocol, host, pathname } = new URL(baseUrl);
  return {
    useHttps: protocol === "https:",
    requestHost: `${host}${pathname.replace(/\/+$/, "")}`,
  };
}

/** What {@link exchange} needs beside the token. */
export interface ExchangeContext extends ProviderDependencies {
  readonly server: { readonly useHttps: boolean; readonly requestHost: string };
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * Makes one request with Postmark's own client. Each call has a client of its own, whose `fetch` captures what the
 * client hides: the status of an unreadable answer, the headers, the cause of a broken connection. It also passes the
 * signal.
 *
 * @param run makes the request with the client that it gets
 * @returns the reply, also one with an error status
 * @throws when no answer came, or the body of a 2xx answer is not readable
 */
export async function exchange(
  serverToken: string,
  run: (client: ServerClient) => Promise<unknown>,
  { server, fetch, signal, timeoutMs }: ExchangeContext,
): Promise<ProviderReply> {
  // Loaded by the first call: a deployment without Postmark does not need it.
  const { ServerClient } = await import("./server_client.ts");
  let response: Response | undefined;
  let failure: unknown;
  const client = new ServerClient(serverToken, {
    ...server,
    timeout: timeoutMs / 1000,
    fetch: async (input, init) => {
      try {
        // A redirect is not followed: it would forward the token.
        response = await fetch(input, { ...init, signal, redirect: "manual" });
        return response;
      } catch (error) {
        failure = error;
        throw error;
      }
    },
  });
  const body = await run(client).catch((error: unknown) => {
    if (response === undefined || response.ok) throw failure ?? error;
    return error instanceof Error && "code" in error
      ? { ErrorCode: error.code, Message: error.message }
      : {};
  });
  return {
    status: response?.status ?? 0,
    retryAfter: response?.headers.get("Retry-After") ?? undefined,
    body,
  };
}
