import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../http/context.ts";

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

/** {@link HEADERS} with lower-case names in order, as a `Headers` has them. */
const SORTED_HEADERS = Object.fromEntries(
  Object.entries(HEADERS).map(([name, value]) => [name.toLowerCase(), value] as const).sort(),
);

/**
 * Answers with a JSON text and the headers that {@link secureHeaders} and the request log set, and no others. Their
 * names and values are given as they are: a `Headers` costs an accept a tenth of its time.
 */
export function answerJson(
  c: { readonly var: Pick<AppEnv["Variables"], "requestLog"> },
  text: string,
  status: 200 | 201,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(text, {
    status,
    headers: {
      ...SORTED_HEADERS,
      "content-type": "application/json",
      "x-request-id": c.var.requestLog.requestId,
      ...headers,
    },
  });
}
