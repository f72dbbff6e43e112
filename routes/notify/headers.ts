import type { MiddlewareHandler } from "hono";

/** What the peer sends with every answer. */
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

/** Adds the headers of GOV.UK Notify's API to every answer. */
export const secureHeaders: MiddlewareHandler = async (c, next) => {
  // Before the answer is made: afterwards each would be put into a copy of it.
  for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
  await next();
};
