import type { Context } from "hono";

/** Returns the token of the request's `Authorization: Bearer …`; `undefined` when it has no such header. */
export function bearerOf(c: Pick<Context, "req">): string | undefined {
  return /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
}
