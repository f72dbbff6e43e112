import type { SheetFault } from "../../domain/csv/faults.ts";
import type { Allowance } from "../../domain/jobs/allowance.ts";
import type { ColumnsFault } from "../../domain/jobs/list_columns.ts";
import type { UploadReport } from "../../domain/jobs/report.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import type { UploadFault } from "./upload_error.ts";

/** Why no job is created from an upload. */
export type UploadRefusal =
  /** The body cannot be read. */
  | { readonly kind: "body"; readonly fault: UploadFault }
  /** The file cannot be read to its end; `rows` is how many rows were read before the fault. */
  | { readonly kind: "file"; readonly fault: SheetFault; readonly rows: number }
  /** A column that was matched by hand cannot be. */
  | { readonly kind: "columns"; readonly fault: ColumnsFault }
  /** Some rows or columns are not valid; `allowance` is how many messages the service may still send that day. */
  | { readonly kind: "list"; readonly report: UploadReport; readonly allowance: Allowance }
  /** The service may not send the template, whatever the rows are. */
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** A requested time has passed. */
  | { readonly kind: "past"; readonly field: "scheduled_for" | "valid_until" }
  /** The service or the template changed while the rows were validated; the same upload can be sent again. */
  | { readonly kind: "changed" };
