import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type * as z from "zod/mini";

/** A problem of one field. `field` is a path such as `daily_limits.sms`. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

const TITLES = {
  400: "Bad request",
  401: "Unauthorized",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflict",
  413: "Content too large",
  422: "Unprocessable content",
  429: "Too many requests",
  500: "Internal server error",
  503: "Service unavailable",
} as const satisfies Partial<Record<ContentfulStatusCode, string>>;

/** A status that problems have. */
export type ProblemStatus = keyof typeof TITLES;

/**
 * Answers with `application/problem+json` (RFC 9457).
 *
 * @param more further members of the body
 */
export function problem(
  c: Context,
  status: ProblemStatus,
  detail: string,
  errors: readonly FieldProblem[] = [],
  more: Readonly<Record<string, unknown>> = {},
): Response {
  const body = {
    type: "about:blank",
    title: TITLES[status],
    status,
    detail,
    ...(errors.length === 0 ? {} : { errors }),
    ...more,
  };
  return c.body(JSON.stringify(body), status, { "Content-Type": "application/problem+json" });
}

/** The problems that a schema reports, by field. They do not quote values, which may be personal data. */
export function fieldProblems(error: z.core.$ZodError): readonly FieldProblem[] {
  return error.issues.flatMap((issue): readonly FieldProblem[] => {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        field: [...path, key].join("."),
        message: "unknown field",
      }));
    }
    return [{ field: path.join("."), message: issue.message }];
  });
}
