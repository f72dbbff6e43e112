import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { TOKEN_HEADER } from "./access_token_auth.ts";

/** How long a browser may cache a preflight answer, in seconds: the most that Chromium accepts. */
export const PREFLIGHT_MAX_AGE_S = 2 * 60 * 60;

/**
 * Allows portals of every origin to call the API (CORS). It grants no access: a browser adds neither a cookie nor a token
 * by itself, so only a page that has a token can use the API.
 */
export const crossOrigin: MiddlewareHandler = cors({
  origin: "*",
  allowMethods: ["GET", "POST"],
  allowHeaders: [TOKEN_HEADER, "Last-Event-ID", "Accept-Language", "Content-Type"],
  exposeHeaders: ["Retry-After", "X-Request-Id"],
  maxAge: PREFLIGHT_MAX_AGE_S,
});
