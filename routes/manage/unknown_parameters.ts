/** Refuses query parameters that a route of `/manage` does not have: ignored, a filter would seem to have worked. */
import type { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import type * as z from "zod/mini";
import type { AppEnv } from "../http/context.ts";
import { readQueryNames } from "../http/openapi.ts";
import type { InputError } from "../http/validation.ts";
import { problem } from "./problem.ts";

/** How many unknown parameters an answer names. */
const MAX_NAMED = 10;
/** The longest name of a parameter in an answer, in characters; of a longer one the rest is cut off. */
const MAX_NAME_LENGTH = 50;

/**
 * Creates a middleware for the routes of an app that describe no query. It answers 400 when the query of such a route has
 * a parameter. All other requests are passed on: a route with a query refuses unknown parameters by its schema.
 */
export function refuseParametersWithoutQuery(app: Pick<Hono<AppEnv>, "routes">) {
  let names: ReadonlyMap<string, readonly string[]> | undefined;
  return createMiddleware<AppEnv>(async (c, next) => {
    const sent = Object.keys(c.req.queries());
    if (sent.length === 0) return await next();
    // The routes are added after this middleware.
    const namesOf = names ??= readQueryNames(app);
    const known = matchedRoutes(c)
      .map(({ method, path }) => namesOf.get(`${method} ${path}`))
      .find((found) => found !== undefined);
    if (known === undefined || known.length > 0) return await next();
    const [first = "", ...others] = sent.slice(0, MAX_NAMED).map(truncate);
    const message = unknownMessage(known);
    const errors = [first, ...others].map((field) => ({ field, message }));
    return problem(c, 400, `‘${first}’ ${message}`, errors);
  });
}

/**
 * Returns the error with an issue for each parameter that the query's schema does not have (for 10 at most), in place
 * of Zod's one issue for all. Each issue's message lists the `known` names; other issues stay as they are.
 */
export function nameUnknownParameters(
  error: InputError,
  known: readonly string[],
): InputError {
  const message = unknownMessage(known);
  return {
    issues: error.issues.flatMap((issue): z.core.$ZodIssue[] =>
      issue.code === "unrecognized_keys" && issue.path.length === 0
        ? issue.keys.slice(0, MAX_NAMED).map((key) => (
          { code: "custom", path: [truncate(key)], message, input: undefined }
        ))
        : [issue]
    ),
  };
}

function unknownMessage(known: readonly string[]): string {
  return `is not a query parameter of this address, which takes ${
    known.length === 0 ? "none" : known.join(", ")
  }`;
}

function truncate(name: string): string {
  const characters = Array.from(name.slice(0, 2 * MAX_NAME_LENGTH + 2).toWellFormed());
  return characters.length <= MAX_NAME_LENGTH
    ? characters.join("")
    : `${characters.slice(0, MAX_NAME_LENGTH).join("")}…`;
}
