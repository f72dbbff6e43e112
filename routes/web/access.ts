import type { MiddlewareHandler } from "hono";
import type { WebEnv } from "./context.ts";
import { PageError } from "./page_error.ts";
import { findPage } from "./pages.ts";

/**
 * Creates the middleware that lets a request reach its page. An address that the table of pages does not have, or not
 * with the request's method, is answered 404.
 */
export function createAccess(): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    const found = findPage(c.req.method, c.req.path);
    if (found.kind !== "page") throw new PageError(404);
    c.set("page", found.page);
    await next();
  };
}
