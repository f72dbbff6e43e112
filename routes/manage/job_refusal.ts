import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { sheetMessage } from "../../domain/csv/faults.ts";
import { SHEET_MAX_BYTES } from "../../domain/csv/limits.ts";
import { toListWarnings } from "../../domain/jobs/list_reading.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import { answerBodyRefusal, INVALID_REQUEST } from "./validation.ts";
import { jsonRowsMessage } from "../../domain/jobs/json_rows.ts";
import { presentFault, presentReport } from "./present_job.ts";
import type { StartRefusal } from "../../application/jobs/start_job.ts";
import type { UploadRefusal } from "../../application/jobs/upload_refusal.ts";
import type { UploadFault } from "../../application/jobs/upload_error.ts";
import { refusalMessage } from "../../domain/sending/refusal_messages.ts";
import { refusalStatus } from "../http/refusal_status.ts";
import { noteRefusal, noteRefusedUpload } from "../http/security_events.ts";
import { columnsMessage } from "../../domain/jobs/list_columns.ts";
import { type RowsRefusal, uploadFaultMessage } from "../http/upload_body.ts";
import { problem, type ProblemStatus } from "./problem.ts";

/** Why the body of an upload cannot be read as a list of recipients. */
export type OpenRefusal = RowsRefusal | { readonly kind: "body"; readonly fault: UploadFault };

const STATUSES: Readonly<Partial<Record<Refusal["kind"], ProblemStatus & ContentfulStatusCode>>> = {
  "service-archived": 409,
  "template-not-found": 404,
  "idempotency-key-reused": 422,
};

/** The statuses of refusals to start a job. */
const START_STATUSES: typeof STATUSES = { "service-archived": 409, "daily-limit": 429 };

/** The query parameter that a refusal is about. */
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

/** Answers that the body of an upload cannot be read. */
function answerBodyFault(c: Context, fault: UploadFault): Response {
  switch (fault.kind) {
    case "too-large":
      return problem(c, 413, `The upload is larger than ${megabytes(fault.maxBytes)}`);
    case "bodies-too-large":
    case "json-limit":
      return answerBodyRefusal(c, fault);
    default:
      return problem(c, 400, uploadFaultMessage(fault));
  }
}

/**
 * Answers that the body of an upload cannot be read as a list of recipients: 413 when it is too large, 503 when the
 * process holds too many bytes of bodies, 422 with a validation report when the rows cannot be used as a list, 400
 * otherwise (also for JSON that does not hold rows).
 */
export function answerOpenRefusal(c: Context, refusal: OpenRefusal): Response {
  switch (refusal.kind) {
    case "body":
      return answerUploadRefusal(c, refusal);
    case "not_rows":
    case "not_a_row":
    case "not_a_cell":
    case "too_many_cells":
      return problem(c, 400, INVALID_REQUEST, [
        { field: "rows", message: jsonRowsMessage(refusal) },
      ]);
    default:
      return answerUploadRefusal(c, { kind: "file", fault: refusal, rows: 0 });
  }
}

/**
 * Answers that an upload created no job, and records a reached limit as the request's security event. When the list of
 * recipients has errors, the answer is 422 with the validation report.
 */
export function answerUploadRefusal(c: Context, refusal: UploadRefusal): Response {
  noteRefusedUpload(c, refusal);
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
    case "columns":
      return problem(c, 400, INVALID_REQUEST, [
        { field: "columns", message: columnsMessage(refusal.fault) },
      ]);
    case "list": {
      const { errors, ...report } = presentReport(refusal.report);
      const count = refusal.report.errorCount;
      const words = count === 1 ? "an error" : `${count} errors`;
      return problem(c, 422, `The list has ${words}; no job was created`, [], {
        ...report,
        errors,
      });
    }
    case "refused":
      return answerRefused(c, refusal.refusal);
    case "past":
      return problem(c, 400, INVALID_REQUEST, [
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

/**
 * Answers that a job was not started: 409 with its status or its warnings, or for an archived service; 429 when its rows
 * exceed a daily limit; 503 for another refusal. 429 and 503 have `Retry-After` when a retry can succeed.
 */
export function answerStartRefusal(c: Context, refusal: StartRefusal): Response {
  if (refusal.kind === "warnings") return answerUnaccepted(c, refusal);
  if (refusal.kind === "status") {
    return problem(c, 409, `The job cannot be started: its status is ‘${refusal.status}’`);
  }
  noteRefusal(c, refusal.refusal);
  const { retryAfterS } = refusalStatus(refusal.refusal);
  if (retryAfterS !== undefined) c.header("Retry-After", String(retryAfterS));
  const status = START_STATUSES[refusal.refusal.kind] ?? 503;
  return problem(c, status, messageOf(refusal.refusal));
}

/** Answers that a job has warnings that must be accepted before it starts: 409, with the warnings. */
function answerUnaccepted(
  c: Context,
  { warnings, reading }: Extract<StartRefusal, { kind: "warnings" }>,
): Response {
  const body = JSON.stringify({ accept_warnings: warnings });
  return problem(
    c,
    409,
    `The job has a warning that must be accepted first: ${warnings.join(", ")}. ` +
      `Look at its ‘sample’ and, if it is right, start the job with ${body}; otherwise cancel it`,
    [],
    {
      code: "warnings_not_accepted",
      warnings: toListWarnings({ encoding: reading.encoding, warnings }),
      sample: reading.sample,
    },
  );
}

function messageOf(refusal: Refusal): string {
  return refusal.kind === "service-archived"
    ? "The service is archived"
    : refusalMessage(refusal, "");
}

function answerRefused(c: Context, refusal: Refusal): Response {
  const field = FIELDS[refusal.kind];
  return problem(
    c,
    STATUSES[refusal.kind] ?? 400,
    field === undefined ? messageOf(refusal) : INVALID_REQUEST,
    field === undefined ? [] : [field],
  );
}
