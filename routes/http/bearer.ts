import type { Context } from "hono";

/** The token of `Authorization: Bearer …`; `undefined` when the request has none. */
export function bearerOf(c: Pick<Context, "req">): string | undefined {
  return /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
}
