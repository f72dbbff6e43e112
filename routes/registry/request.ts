import type * as z from "zod/mini";
import type { FieldError } from "./problem.ts";

/** The most fields that one answer reports. */
const MAX_ERRORS_REPORTED = 100;

/** The fields of a body that are not valid. Values are not repeated: they may be personal data. */
export function fieldErrors(
  error: { readonly issues: readonly Pick<z.core.$ZodIssue, "path" | "message">[] },
): readonly FieldError[] {
  return error.issues.slice(0, MAX_ERRORS_REPORTED).map(({ path, message }) => ({
    field: path.join("."),
    message,
  }));
}
