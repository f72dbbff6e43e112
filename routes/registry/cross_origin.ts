import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { TOKEN_HEADER } from "./access_token_auth.ts";

/** How long a browser need not ask again, in seconds: as long as Chromium believes it. */
export const PREFLIGHT_MAX_AGE_S = 2 * 60 * 60;

/**
 * Lets portals of every origin speak for the person who is there. It gives them nothing: a browser adds neither cookie
 * nor token by itself, so only a page that has a token can use it.
 */
export const crossOrigin: MiddlewareHandler = cors({
  origin: "*",
  allowMethods: ["GET", "POST"],
  allowHeaders: [TOKEN_HEADER, "Last-Event-ID", "Accept-Language", "Content-Type"],
  exposeHeaders: ["Retry-After", "X-Request-Id"],
  maxAge: PREFLIGHT_MAX_AGE_S,
});
