import type { Context } from "hono";

/** What the peer says of an address that it does not know. */
export function notFound(c: Context): Response {
  return c.json({
    result: "error",
    message: "The requested URL was not found on the server. If you entered the URL manually " +
      "please check your spelling and try again.",
  }, 404);
}

/** What the peer says of a verb that an address does not take. */
export function methodNotAllowed(c: Context): Response {
  return c.json({
    result: "error",
    message: "The method is not allowed for the requested URL.",
  }, 405);
}

/** What the peer says when something broke here. */
export function internalError(c: Context): Response {
  return c.json({ result: "error", message: "Internal server error" }, 500);
}
