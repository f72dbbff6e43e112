import type { MiddlewareHandler } from "hono";

/** The headers of every answer of GOV.UK Notify's API: for CORS, browser security and caching. */
const HEADERS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "Content-Type,Authorization",
  "Access-Control-Allow-Methods": "GET,PUT,POST,DELETE",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "SAMEORIGIN",
  "X-Permitted-Cross-Domain-Policies": "none",
  "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
  "Cache-Control": "no-store, no-cache, private, must-revalidate",
} as const;

/** Adds the CORS, security and cache headers of GOV.UK Notify's API to every answer, errors included. */
export const secureHeaders: MiddlewareHandler = async (c, next) => {
  // Set before the answer is created: each header that is set afterwards copies the answer.
  for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
  await next();
};
