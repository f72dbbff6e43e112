import type { Context } from "hono";

/** Answers 404 as GOV.UK Notify does for an address that it does not know. */
export function notFound(c: Context): Response {
  return c.json({
    result: "error",
    message: "The requested URL was not found on the server. If you entered the URL manually " +
      "please check your spelling and try again.",
  }, 404);
}

/** Answers 405 as GOV.UK Notify does for a method that an address does not support. */
export function methodNotAllowed(c: Context): Response {
  return c.json({
    result: "error",
    message: "The method is not allowed for the requested URL.",
  }, 405);
}

/** Answers 500 as GOV.UK Notify does for an unexpected error. */
export function internalError(c: Context): Response {
  return c.json({ result: "error", message: "Internal server error" }, 500);
}
