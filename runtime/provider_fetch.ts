/** The `fetch` that calls providers on Deno: it reuses connections, and never sends a request twice by itself. */

/**
 * How connections to providers are kept.
 *
 * HTTP/1.1 only: a connection on which a call timed out is closed. One connection of HTTP/2 would carry every call,
 * also after a router had forgotten it, until the operating system gives up on it after minutes.
 */
export const PROVIDER_POOL = {
  /** Max idle connections to one host; more are closed after their answer. */
  poolMaxIdlePerHost: 64,
  /** How long a connection may be idle, in milliseconds: less than load balancers allow (60 s and up). */
  poolIdleTimeout: 30_000,
  http2: false,
} as const satisfies Deno.CreateHttpClientOptions;

/**
 * Creates the `fetch`. A call whose connection closes without an answer fails, whether the connection was new or
 * reused.
 *
 * @param client holds the connections; by default one with {@link PROVIDER_POOL}, if the runtime has such clients
 */
export function createProviderFetch(client = createPooledClient()): typeof fetch {
  const options = client === undefined ? {} : { client };
  return async (input, init) => {
    const body = input instanceof Request && init?.body === undefined
      ? input.body && await input.blob()
      : init?.body;
    return await fetch(input, {
      ...init,
      ...(body === undefined ? {} : { body: toBodySentOnce(body) }),
      ...options,
    });
  };
}

function createPooledClient(): Deno.HttpClient | undefined {
  return "createHttpClient" in Deno ? Deno.createHttpClient(PROVIDER_POOL) : undefined;
}

/**
 * Deno repeats a request by itself when a reused connection closes without an answer, a POST too, if its body is a text
 * or bytes: the provider would get the message twice within one attempt. It does not repeat a `Blob`, a form or a
 * stream, and sends the first two with their length.
 */
function toBodySentOnce(body: BodyInit | null): BodyInit | null {
  if (typeof body === "string") return new Blob([body], { type: "text/plain;charset=UTF-8" });
  if (body instanceof URLSearchParams) {
    return new Blob([body.toString()], { type: "application/x-www-form-urlencoded;charset=UTF-8" });
  }
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return new Blob([body]);
  return body;
}
