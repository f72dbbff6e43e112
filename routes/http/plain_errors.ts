import type { Context } from "hono";

/** Answers 404 with the JSON that GOV.UK Notify sends for an unknown path: `{"result": "error", "message": …}`. */
export function notFound(c: Context): Response {
  return c.json({
    result: "error",
    message: "The requested URL was not found on the server. If you entered the URL manually " +
      "please check your spelling and try again.",
  }, 404);
}

/** Answers 405 with the JSON that GOV.UK Notify sends when a path does not support the method. */
export function methodNotAllowed(c: Context): Response {
  return c.json({
    result: "error",
    message: "The method is not allowed for the requested URL.",
  }, 405);
}

/** Answers 500 with the JSON that GOV.UK Notify sends for an unexpected error. It says nothing of the error. */
export function internalError(c: Context): Response {
  return c.json({ result: "error", message: "Internal server error" }, 500);
}
