/** Keeps the development pages, which show keys and tokens, from pages of other sites. */
import type { MiddlewareHandler } from "hono";

const REFUSAL = "The pages below /dev/ answer at localhost and at the host of PUBLIC_URL only.\n";

/** `localhost` and names below it (RFC 6761), and the loopback addresses, as a URL writes them. */
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Answers 403 unless the request names the machine itself or the host of the public address. A page of another site can
 * let its own name lead to this machine (DNS rebinding), and would read the answers.
 */
export function requireDevelopmentHost(publicUrl: string | undefined): MiddlewareHandler {
  const publicHost = publicUrl === undefined ? undefined : new URL(publicUrl).hostname;
  return async (c, next) => {
    const { hostname } = new URL(c.req.url);
    const isAllowed = LOOPBACK.test(hostname) || hostname === publicHost;
    return isAllowed ? await next() : c.text(REFUSAL, 403);
  };
}
