/** The types of field of a file in an email's personalisation. */
import { ok, refuse } from "../result.ts";
import type { Field, FieldResult } from "./fields.ts";
import { pythonStr } from "../python_compat/repr.ts";

const WEEKS = /^(\d+) weeks?$/;
const MOST_WEEKS = 78;

/** True, false or null; `name` is the field's name, which GOV.UK Notify's message repeats. */
export function booleanOrNull(name: string): Field<boolean | null> {
  return (value) => {
    if (value === null || typeof value === "boolean") return ok(value);
    const printed = pythonStr(value);
    return refuse([
      `Unsupported value for ${name}: ${printed}. Use a boolean true or false value.`,
    ]);
  };
}

/** `null` or a file name: a string of any length with a dot in it. */
export function fileName(value: unknown): FieldResult<string | null> {
  if (value === null || (typeof value === "string" && value.includes("."))) return ok(value);
  return refuse(["`filename` must end with a file extension. For example, filename.csv"]);
}

/** `null` or a text like `4 weeks`; parsed to the number of weeks, 1 to 78. */
export function retentionWeeks(value: unknown): FieldResult<number | null> {
  if (value === null) return ok(value);
  if (typeof value === "string") {
    const weeks = Number(WEEKS.exec(value.trim().toLowerCase())?.[1]);
    if (weeks >= 1 && weeks <= MOST_WEEKS) return ok(weeks);
  }
  const printed = pythonStr(value);
  return refuse([
    `Unsupported value for retention_period: ${printed}. Supported periods are from 1 to 78 weeks.`,
  ]);
}
