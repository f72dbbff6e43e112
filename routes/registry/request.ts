import type * as z from "zod/mini";
import type { FieldError } from "./problem.ts";

/** How many wrong fields one answer tells of. */
export const MAX_ERRORS_REPORTED = 100;

/** What is wrong with each field of a body; values are not repeated. */
export function fieldErrors(error: z.core.$ZodError): readonly FieldError[] {
  return error.issues.slice(0, MAX_ERRORS_REPORTED).map(({ path, message }) => ({
    field: path.join("."),
    message,
  }));
}
