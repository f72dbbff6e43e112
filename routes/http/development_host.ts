/** Protects the development pages, which show keys and tokens, from being read by pages of other sites. */
import type { MiddlewareHandler } from "hono";

const REFUSAL = "The pages below /dev/ answer at localhost and at the host of PUBLIC_URL only.\n";

/** `localhost` and names below it (RFC 6761), and the loopback addresses, as a URL writes them. */
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Creates a middleware that answers 403 unless the host of the request's URL is a loopback name or address
 * (`localhost`, `*.localhost`, `127.0.0.0/8`, `[::1]`) or the host of `publicUrl`. Otherwise another site could let its
 * own host name resolve to this machine (DNS rebinding), and its pages could read the answers.
 */
export function requireDevelopmentHost(publicUrl: string | undefined): MiddlewareHandler {
  const publicHost = publicUrl === undefined ? undefined : new URL(publicUrl).hostname;
  return async (c, next) => {
    const { hostname } = new URL(c.req.url);
    const isAllowed = LOOPBACK.test(hostname) || hostname === publicHost;
    return isAllowed ? await next() : c.text(REFUSAL, 403);
  };
}
