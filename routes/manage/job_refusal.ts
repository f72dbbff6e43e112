import type { ContentfulStatusCode } from "hono/utils/http-status";
import { sheetMessage } from "../../domain/csv/faults.ts";
import { SHEET_MAX_BYTES } from "../../domain/csv/limits.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import type { AppContext } from "../http/context.ts";
import { presentFault, presentReport } from "./present_job.ts";
import type { UploadRefusal } from "../../application/jobs/upload_refusal.ts";
import type { UploadFault } from "../../application/jobs/upload_error.ts";
import { refusalMessage } from "../../domain/sending/refusal_messages.ts";
import { UPLOAD_FAULT_MESSAGES } from "../http/upload_body.ts";
import { problem, type ProblemStatus } from "./problem.ts";

const STATUSES: Readonly<Partial<Record<Refusal["kind"], ProblemStatus & ContentfulStatusCode>>> = {
  "template-not-found": 404,
  "idempotency-key-reused": 422,
};

/** Which parameter a refusal is about, where it is one's. */
const FIELDS: Readonly<
  Partial<Record<Refusal["kind"], { readonly field: string; readonly message: string }>>
> = {
  "template-not-found": { field: "template_id", message: "the service has no such template" },
  "template-deleted": { field: "template_id", message: "the template is archived" },
  "sender-not-found": {
    field: "sender_id",
    message: "the service has no such sender for the template's channel",
  },
};

const megabytes = (bytes: number) => `${Math.floor(bytes / 1_000_000)} MB`;

/** Answers that a body is none. */
export function answerBodyFault(c: AppContext, fault: UploadFault): Response {
  return fault.kind === "too-large"
    ? problem(c, 413, `The upload is larger than ${megabytes(fault.maxBytes)}`)
    : problem(c, 400, UPLOAD_FAULT_MESSAGES[fault.kind]);
}

/** Answers why a list is no job; a list with errors with the report on it. */
export function answerUploadRefusal(c: AppContext, refusal: UploadRefusal): Response {
  switch (refusal.kind) {
    case "body":
      return answerBodyFault(c, refusal.fault);
    case "file": {
      const { fault, rows } = refusal;
      if (fault.kind === "too_large") {
        return answerBodyFault(c, { kind: "too-large", maxBytes: SHEET_MAX_BYTES });
      }
      return problem(c, 422, sheetMessage(fault), [], presentFault(fault, rows));
    }
    case "list": {
      const { errors, ...report } = presentReport(refusal.report);
      const count = refusal.report.errorCount;
      const words = count === 1 ? "an error" : `${count} errors`;
      return problem(c, 422, `The list has ${words}; nothing of it was taken`, [], {
        ...report,
        errors,
      });
    }
    case "refused":
      return answerRefused(c, refusal.refusal);
    case "past":
      return problem(c, 400, "Invalid request: see errors", [
        { field: refusal.field, message: "must not be in the past" },
      ]);
    case "changed":
      return problem(
        c,
        409,
        "The service or its template was changed while the list was read; upload it again",
      );
  }
}

function answerRefused(c: AppContext, refusal: Refusal): Response {
  const field = FIELDS[refusal.kind];
  return problem(
    c,
    STATUSES[refusal.kind] ?? 400,
    field === undefined ? refusalMessage(refusal, "") : "Invalid request: see errors",
    field === undefined ? [] : [field],
  );
}
