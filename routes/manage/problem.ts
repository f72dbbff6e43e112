import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { InputError } from "../http/validation.ts";

/**
 * An error in one field of a request. `field` is a path such as `daily_limits.sms`; `message` does not repeat it.
 */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

const TITLES = {
  400: "Bad request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflict",
  413: "Content too large",
  422: "Unprocessable content",
  429: "Too many requests",
  500: "Internal server error",
  503: "Service unavailable",
} as const satisfies Partial<Record<ContentfulStatusCode, string>>;

/** An HTTP status that {@link problem} can answer with. */
export type ProblemStatus = keyof typeof TITLES;

/**
 * Answers with an error as `application/problem+json` (RFC 9457).
 *
 * @param detail what went wrong, in English
 * @param errors the fields at fault; the body has no `errors` when it is empty
 * @param more further members of the body; they win over those of the same name
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

/**
 * Converts a schema's issues to errors of fields. They do not quote the invalid values, which may be personal data.
 */
export function fieldProblems(error: InputError): readonly FieldProblem[] {
  return error.issues.flatMap((issue): readonly FieldProblem[] => {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        field: [...path, key].join("."),
        message: "unknown field",
      }));
    }
    const isAbsent = issue.code === "invalid_type" && issue.message.endsWith("received undefined");
    return [{ field: path.join("."), message: isAbsent ? "is missing" : issue.message }];
  });
}
