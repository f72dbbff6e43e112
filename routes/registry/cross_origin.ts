import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { TOKEN_HEADER } from "./access_token_auth.ts";

/**
 * How long a browser may cache the answer to a preflight request (CORS), in seconds: the most that Chromium accepts.
 */
export const PREFLIGHT_MAX_AGE_S = 2 * 60 * 60;

/**
 * A middleware that lets pages of every origin call the API (CORS) and read its answers. This grants no access: the API
 * uses no cookies, and a browser adds no token by itself, so only a page that has an access token can use the API.
 */
export const crossOrigin: MiddlewareHandler = cors({
  origin: "*",
  allowMethods: ["GET", "POST"],
  allowHeaders: [TOKEN_HEADER, "Last-Event-ID", "Accept-Language", "Content-Type"],
  exposeHeaders: ["Retry-After", "X-Request-Id"],
  maxAge: PREFLIGHT_MAX_AGE_S,
});
